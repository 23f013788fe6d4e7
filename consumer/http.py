"""The small HTTP server of /metrics, /livez and /readyz."""

import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app

from consumer.errors import ConsumerError
from consumer.health import Health

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


POLL_S = 0.1
"""How often the server looks whether it is to stop."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, and ask no name server for our own name, as the standard library would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up, or hang on, in the middle of a request."""


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds, so that a client that says nothing holds no thread for ever

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: probes and scrapes come every few seconds."""


def _app(registry: CollectorRegistry, health: Health) -> Callable[..., Iterable[bytes]]:
    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app(registry)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)
        if path == "/livez":
            body: Any = {"alive": health.alive}
            status = "200 OK" if health.alive else "503 Service Unavailable"
        elif path == "/readyz":
            obstacles = health.obstacles()
            body = {"ready": not obstacles, "obstacles": obstacles}
            status = "503 Service Unavailable" if obstacles else "200 OK"
        else:
            body, status = {"error": "there are /metrics, /livez and /readyz"}, "404 Not Found"
        start_response(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode(body) + b"\n"]

    return app


class HttpServer:
    """Serves until closed, in a thread of its own. ``port`` 0 takes a free one; ``port`` then tells which.

    Raises:
        ConsumerError: the address cannot be bound.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry, health: Health) -> None:
        try:
            self._server = make_server(host, port, _app(registry, health), _Server, _Quiet)
        except (OSError, OverflowError) as error:
            raise ConsumerError(
                f"cannot listen on {host}:{port} ({error}); "
                "set LOGSLUICE_HTTP_PORT to a free port, 0 takes any"
            ) from error
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), name="http", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
