"""The small HTTP server of /metrics, /livez, /readyz, /top and /shadow."""

import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from errno import EADDRNOTAVAIL
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import make_wsgi_app

from consumer.errors import ConsumerError
from consumer.telemetry.comparison import Comparison
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.top import TopTemplates

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


POLL_S = 0.1
"""How often the server looks whether it was asked to stop."""

TOP_LIMIT, TOP_MOST = 20, 1_000
"""How many templates of a label /top shows, and differences /shadow, by default and at most."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, and ask no name server for our own name, as the standard library would."""
        if self.address_family == socket.AF_INET6:
            # `::` stands for every address of this machine, those of IPv4 too.
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing about clients that disconnect or stall in the middle of a request."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds, so that a client that sends nothing does not hold a thread without end

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: probes and scrapes come every few seconds."""


def _app(measured: Metrics, health: Health) -> Callable[..., Iterable[bytes]]:
    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app(measured.registry)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)
        if path == "/livez":
            body: Any = {"alive": health.alive}
            status = "200 OK" if health.alive else "503 Service Unavailable"
        elif path == "/readyz":
            obstacles = health.unready_reasons()
            body = {"ready": not obstacles, "obstacles": obstacles, "degraded": health.degraded_reasons()}
            status = "503 Service Unavailable" if obstacles else "200 OK"
        elif path == "/top":
            body, status = _top(measured.top, environ.get("QUERY_STRING", ""))
        elif path == "/shadow":
            body, status = _shadow(measured.shadow, environ.get("QUERY_STRING", ""))
        else:
            body, status = {"error": "there are /metrics, /livez, /readyz, /top and /shadow"}, "404 Not Found"
        start_response(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode(body) + b"\n"]

    return app


def _top(templates: TopTemplates, query: str) -> tuple[Any, str]:
    """Return what /top answers: the most frequent templates of one label or of each, and the number of other events."""
    given = _given(query, ("label", "limit"))
    if given is None:
        return {"error": "/top takes label=... and limit=..., each once"}, "400 Bad Request"
    label, limit = given.get("label"), _limit(given)
    if label is not None and label not in templates.labels:
        return {"error": f"label is one of {', '.join(sorted(templates.labels))}"}, "400 Bad Request"
    if limit is None:
        return _WRONG_LIMIT
    found, other = templates.most_frequent(frozenset((label,)) if label else templates.labels, limit)
    return {"templates": found, "other": other}, "200 OK"


def _shadow(comparison: Comparison, query: str) -> tuple[Any, str]:
    """Return what /shadow answers: the templates that two bundles label differently, those with most events first."""
    given = _given(query, ("limit",))
    if given is None:
        return {"error": "/shadow takes limit=..., once"}, "400 Bad Request"
    limit = _limit(given)
    if limit is None:
        return _WRONG_LIMIT
    found, other = comparison.differences(limit)
    return {"bundle": comparison.version, "differences": found, "other": other}, "200 OK"


def _given(query: str, names: Sequence[str]) -> dict[str, str] | None:
    """Return the parameters of a query; None where it has others than these, or one twice."""
    given = parse_qs(query, keep_blank_values=True)
    if any(name not in names or values[1:] for name, values in given.items()):
        return None
    return {name: value for name, (value,) in given.items()}


def _limit(given: Mapping[str, str]) -> int | None:
    """Return how many are asked for; None where that is no number, or too large a one."""
    limit = given.get("limit", str(TOP_LIMIT))
    sound = limit.isascii() and limit.isdecimal() and len(limit) < 10 and 1 <= int(limit) <= TOP_MOST
    return int(limit) if sound else None


_WRONG_LIMIT = {"error": f"limit is a number from 1 to {TOP_MOST}"}, "400 Bad Request"


class HttpServer:
    """Serves until closed, in a thread of its own. ``address`` says where, with the port that 0 has taken.

    Raises:
        ConsumerError: the address cannot be bound.
    """

    def __init__(self, host: str, port: int, metrics: Metrics, health: Health) -> None:
        host = host.removeprefix("[").removesuffix("]")
        shown = f"[{host}]" if ":" in host else host
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
            server = _Server6 if family == socket.AF_INET6 else _Server
            self._server = make_server(host, port, _app(metrics, health), server, _Quiet)
        except (OSError, OverflowError) as error:
            of_host = isinstance(error, socket.gaierror) or getattr(error, "errno", 0) == EADDRNOTAVAIL
            advice = (
                "set LOGSLUICE_HTTP_HOST to an address of this machine, 0.0.0.0 or :: for all of them"
                if of_host
                else "set LOGSLUICE_HTTP_PORT to a free port, 0 takes any"
            )
            raise ConsumerError(f"cannot listen on {shown}:{port} ({error}); {advice}") from error
        self.port = int(self._server.server_address[1])
        self.address = f"{shown}:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), name="http", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
