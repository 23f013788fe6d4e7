"""Lines of web servers in the Common and the Combined Log Format, with whatever stands behind.

The whole line is the message. No severity: a status is not how severe the sender says it is.
"""

import re
from datetime import datetime

from consumer.records.formats.flat import flat
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import check_utf8
from consumer.records.reasons import UndecodableError

_QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_START = (
    r"(?:(?P<vhost>[\w.-]{1,255}:\d{1,5}) )?(?P<client>[\w.:%-]{1,255}) (?P<ident>\S{1,64}) (?P<user>[^\[]{1,255}) "
    r"\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
)
_ACCESS_START = re.compile(_START + '"')
_ACCESS = re.compile(
    rf"{_START}(?P<request>{_QUOTED}) (?P<status>\d{{3}}|-) (?P<bytes>\d{{1,18}}|-)"
    rf"(?: (?P<referrer>{_QUOTED}) (?P<agent>{_QUOTED}))?(?=\s|$)"
)
_REQUEST = re.compile(r"(?P<method>[A-Z]{2,20}) (?P<url>.*?)(?: HTTP/(?P<version>[\d.]+))?$", re.DOTALL)
_SEEN_BYTES = 1000


def is_access_log(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts as a line of a web server."""
    place = value.find(b"[", 0, _SEEN_BYTES)
    if place < 0 or not value[place + 1 : place + 3].isdigit():
        return False
    return _ACCESS_START.match(value[:_SEEN_BYTES].decode("utf-8", "replace")) is not None


def read_access_log(value: bytes, origin: Origin) -> list[Found]:
    """Return the event of a line. Raises `UndecodableError`."""
    check_utf8(value)
    line = value.decode().rstrip("\r\n")
    match = _ACCESS.match(line)
    if match is None:
        raise UndecodableError("not_this_format")
    request = _REQUEST.match(match["request"][1:-1])
    members = {
        "@timestamp": _time(match["time"]),
        "service.name": (match["vhost"] or "").partition(":")[0],
        "client.address": match["client"],
        "user.name": _known(match["user"]),
        "http.request.method": request["method"] if request else "",
        "url.original": request["url"] if request else match["request"][1:-1],
        "http.version": request["version"] if request else "",
        "http.response.status_code": _number(match["status"]),
        "http.response.body.bytes": _number(match["bytes"]),
        "http.request.referrer": _known((match["referrer"] or "")[1:-1]),
        "user_agent.original": _known((match["agent"] or "")[1:-1]),
    }
    return [flat(line, origin, members)]


def _time(text: str) -> str:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").isoformat()
    except ValueError:
        return ""  # no day of any calendar


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _known(text: str) -> str:
    return "" if text == "-" else text
