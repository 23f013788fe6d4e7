"""A schema registry on this machine, which speaks the protocol that clients and serializers use, and can be away."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid5

USER, PASSWORD = "registry-user", "hunter2-of-the-registry"
_SPACE = UUID(int=0)
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Registry:
    """The schemas that have been registered, and what was asked for."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[str] = []
        self.logins: set[str] = set()
        self._schemas: list[dict[str, Any]] = []
        self._versions: dict[str, list[int]] = {}
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(*registry.get(self.path.partition("?")[0]))

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._reply(*registry.post(self.path.partition("?")[0], content))

            def _reply(self, status: int, answer: dict[str, Any]) -> None:
                registry.logins.add(self.headers.get("authorization", ""))
                if registry.is_away:
                    status, answer = 503, {"error_code": 50301, "message": "no leader"}
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/vnd.schemaregistry.v1+json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def add(
        self, subject: str, schema: str, kind: str = "AVRO", references: list[dict[str, Any]] | None = None
    ) -> int:
        """Register a schema, and return its number."""
        return int(
            self._register(subject, {"schema": schema, "schemaType": kind, "references": references or []})[
                "id"
            ]
        )

    def _register(self, subject: str, content: dict[str, Any]) -> dict[str, Any]:
        number = len(self._schemas) + 1
        guid = str(uuid5(_SPACE, f"{self.url}/{number}"))
        self._schemas.append({**content, "id": number, "guid": guid})
        self._versions.setdefault(subject, []).append(number)
        return {**self._schemas[-1], "subject": subject, "version": len(self._versions[subject])}

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the content of an answer."""
        self.asked.append(path)
        if found := re.fullmatch(r"/schemas/ids/(\d+)", path):
            known = [each for each in self._schemas if each["id"] == int(found[1])]
        elif found := re.fullmatch(r"/schemas/guids/([\w-]+)", path):
            known = [each for each in self._schemas if each["guid"] == found[1]]
        elif found := re.fullmatch(r"/subjects/([^/]+)/versions/(\d+)", path):
            numbers = self._versions.get(found[1], [])
            known = [self._schemas[number - 1] for number in numbers[int(found[2]) - 1 : int(found[2])]]
            known = [{**each, "subject": found[1], "version": int(found[2])} for each in known]
        else:
            known = []
        return (200, known[0]) if known else (404, {"error_code": 40403, "message": "Schema not found"})

    def post(self, path: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Register what a serializer sends, and return the answer."""
        found = re.fullmatch(r"/subjects/([^/]+)(/versions)?", path)
        if found is None:
            return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}
        return 200, self._register(found[1], content)


@contextmanager
def registry_running() -> Iterator[Registry]:
    """Run a registry for as long as the context lasts."""
    registry = Registry()
    thread = threading.Thread(target=registry.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        registry.server.shutdown()
        registry.server.server_close()
        thread.join()
