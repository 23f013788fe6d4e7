"""A provider of tokens on this machine, which can be away: OAuth 2.0 client credentials, tokens that nobody signed."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "hunter2-of-the-provider"


class TokenServer:
    """Gives tokens of a short life. ``is_away`` makes it answer 503; ``given`` counts those it gave."""

    def __init__(self, life_s: float) -> None:
        self.is_away = False
        self.given = 0
        self._life_s = life_s
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                login = self.headers.get("authorization", "").removeprefix("Basic ")
                status, answer = provider.answer(base64.b64decode(login).decode())
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"

    def answer(self, login: str) -> tuple[int, dict[str, object]]:
        """Return the status and the content of an answer to a client that gives its name and secret."""
        if self.is_away:
            return 503, {}
        if login != f"sluice:{SECRET}":
            return 401, {"error": "invalid_client", "error_description": "no such client, or another secret"}
        self.given += 1
        now = time.time()
        claims = {"sub": "sluice", "scope": "kafka", "iat": now, "exp": now + self._life_s}
        token = f"{_part({'alg': 'none'})}.{_part(claims)}."
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self._life_s}


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@contextmanager
def giving_tokens(life_s: float) -> Iterator[TokenServer]:
    """Run a provider for as long as the context lasts."""
    provider = TokenServer(life_s)
    thread = threading.Thread(target=provider.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        provider.server.server_close()
        thread.join()
