"""An HTTP receiver on this machine that answers as a test has planned, request by request."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CUT, SILENT, DRIP = b"cut", b"silent", b"drip"


def status(code: int, headers: str = "") -> bytes:
    """Return an answer with a status and nothing else."""
    return f"HTTP/1.1 {code} Status\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4\r\nmore\r\n" * 1_000


class Receiver:
    """What was received, and how the next requests are answered: 200 where nothing is planned."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.planned: list[bytes] = []
        self.ending = threading.Event()
        self.url = ""

    @property
    def text(self) -> str:
        """The text of the last message."""
        return str(self.bodies[-1]["text"])


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive for as long as the context lasts."""
    receiver = Receiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            receiver.bodies.append(json.loads(self.rfile.read(length)))
            answer = receiver.planned.pop(0) if receiver.planned else status(200)
            if answer == SILENT:
                receiver.ending.wait(30)
            elif answer == DRIP:
                while not receiver.ending.wait(0.05):
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        return
            elif answer != CUT:
                self.wfile.write(answer)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of a client that has gone."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook/secret-path"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.ending.set()
            server.shutdown()
