"""Where a request comes from: whether its Host is ours, and whether a page of another site has sent it.

A page of another site can reach a console on the loopback address: by a name of its own that it makes resolve to
127.0.0.1, which the Host header shows; and by a form or a script, which Sec-Fetch-Site and Origin show.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from console.settings import ConsoleSettings

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:\[\]]+)(:[0-9]{1,5})?")
_READING = ("GET", "HEAD", "OPTIONS")


def own_hosts(settings: ConsoleSettings) -> frozenset[str]:
    """Return the names, without port, that a Host header may have where no token says who may ask."""
    host = settings.host.removeprefix("[").removesuffix("]").lower()
    public = urlsplit(settings.public_url or "").netloc
    return frozenset((*_LOOPBACK, f"[{host}]" if ":" in host else host, _without_port(public.lower()))) - {""}


def is_own_host(host: str, own: frozenset[str]) -> bool:
    """Return whether a Host header names this console."""
    return _without_port(host.lower()) in own


def is_cross_site(
    method: str, headers: Mapping[str, str], public_url: str | None, *, by_cookie: bool
) -> bool:
    """Return whether a request that changes something was sent by a page that is not ours.

    Programs send neither header; with a cookie it must be a browser, and one that says nothing is not believed.
    """
    if method in _READING:
        return False
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in ("same-origin", "none")
    if (origin := headers.get("origin")) is not None:
        host = headers.get("host", "")
        return origin.lower() not in (f"http://{host}", f"https://{host}", (public_url or "").rstrip("/"))
    return by_cookie


def _without_port(host: str) -> str:
    found = _HOST.fullmatch(host)
    return found["name"] if found else ""
