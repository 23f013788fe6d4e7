"""Runs the console: the classifier is loaded, the port bound, and requests are answered until a signal."""

import ipaddress
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from types import FrameType

import uvicorn

from console.app import make_app
from console.classifier import open_classifier
from console.metrics import ConsoleMetrics
from console.parts import Parts
from console.settings import AllSettings, ConsoleSettings
from console.shadow import ShadowLabels
from console.stream import following
from consumer.errors import ConsumerError, SettingsError
from consumer.log import get_logger
from pipeline.bundle import default_bundle, read_bundle
from pipeline.memory import VerdictMemory

GRACE_S = 3
"""For answers that are being given. What follows them then ends within the ten seconds that containers have."""
BACKLOG = 2_048
KEEPALIVE_S = 60


class Server(uvicorn.Server):
    """Logs that it stops, as soon as it is asked to."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal. When it has stopped, it raises the signal again, which then means nothing."""
        if not self.should_exit:
            get_logger().info("stopping", signal=signal.Signals(sig).name)
        super().handle_exit(sig, frame)


def run(settings: AllSettings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        BundleError: the bundle cannot be used.
        SettingsError: other machines could use it, and nobody has said who may.
        ConsumerError: the port is taken, or the store cannot be used.
    """
    with prepared(settings) as (server, bound):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.handle_exit)  # for the time before it runs
        server.run(sockets=[bound])
    get_logger().info("stopped")


@contextmanager
def in_thread(settings: AllSettings) -> Iterator[str]:
    """Run as long as the context lasts, in a thread of its own; yield the address.

    Raises:
        ConsumerError: the port is taken, or the store cannot be used.
    """
    with prepared(settings) as (server, bound):
        thread = threading.Thread(target=server.run, args=([bound],), name="console")
        thread.start()
        try:
            yield address_of(bound)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def prepared(settings: AllSettings) -> Iterator[tuple["Server", socket.socket]]:
    """Yield a server that has all it needs, and the socket that it is to serve."""
    with listen(settings.console.host, settings.console.port) as bound:
        check_who_may_use(settings.console, bound)
        bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
        metrics = ConsoleMetrics()
        memory = VerdictMemory(settings.max_templates)
        with (
            closing(open_classifier(bundle, memory)) as classifier,
            following(settings, bundle, memory, metrics.registry, time.time) as (store, corrections),
            ExitStack() as stack,
        ):
            if settings.shadow_bundle is not None and store is not None:
                shadow = stack.enter_context(closing(ShadowLabels(settings.shadow_bundle, store, bundle)))
            else:
                shadow = None
            app = make_app(Parts(settings, classifier, time.time, metrics, store, corrections, shadow))
            bound.listen(BACKLOG)  # who comes from now on is answered as soon as the server runs
            get_logger().info("serving", address=address_of(bound), bundle=bundle.version)
            yield (
                Server(
                    uvicorn.Config(
                        app,
                        log_config=None,
                        log_level="critical",  # what is worth a line is logged by us
                        access_log=False,
                        server_header=False,
                        timeout_graceful_shutdown=GRACE_S,
                        lifespan="on",
                    )
                ),
                bound,
            )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; port 0 takes a free one.

    Raises:
        ConsumerError: it cannot be bound.
    """
    host = host.removeprefix("[").removesuffix("]")
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections have it from here: one whose other end is gone without a word must not keep its place for ever.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        bound.bind(address)
    except (OSError, OverflowError) as error:
        raise ConsumerError(
            f"cannot listen on {host}:{port} ({error}); "
            "name another address with --host and --port, port 0 takes a free one"
        ) from error
    return bound


def check_who_may_use(settings: ConsoleSettings, bound: socket.socket) -> None:
    """Refuse to serve other machines unless it is said who may use the console.

    Raises:
        SettingsError: nobody has said it.
    """
    address = ipaddress.ip_address(bound.getsockname()[0].partition("%")[0])
    if not address.is_loopback and settings.token is None and settings.trusted_header is None:
        raise SettingsError(
            f"on {address} other machines can reach the console: set LOGSLUICE_CONSOLE__TOKEN to what its users must "
            "show, or LOGSLUICE_CONSOLE__TRUSTED_HEADER if a proxy lets only those in who may; or listen on 127.0.0.1"
        )


def address_of(bound: socket.socket) -> str:
    """Return the URL of a socket that listens."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
