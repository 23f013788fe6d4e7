"""A server on 127.0.0.1 that speaks chat completions, and misbehaves when a test asks it to."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The lines of the user message: number, source and template."""
        return [json.loads(line) for line in self.json["messages"][-1]["content"].splitlines()]


class Response(NamedTuple):
    """``cut`` leaves off the last bytes that were announced; ``hang`` sends nothing at all."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0
    hang: bool = False


Respond = Callable[[Request], Response]


def completion(content: str | None, prompt_tokens: int = 700, completion_tokens: int = 50) -> Response:
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": 0}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    body = {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }
    return Response(json.dumps(body).encode())


def labels(pairs: Iterable[tuple[Any, Any]]) -> Response:
    return completion(json.dumps({"labels": [{"number": number, "label": label} for number, label in pairs]}))


def error(status: int, headers: tuple[tuple[str, str], ...] = (), **members: Any) -> Response:
    body = {"error": {"message": "the server says no", **members}}
    return Response(json.dumps(body).encode(), status, headers)


HANG = Response(b"", hang=True)


class ChatServer:
    """Answers with what ``respond`` returns, and keeps what came."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.most_at_once = 0
        self.dropped = threading.Event()
        """Set once a client has gone away from a call that hangs."""
        self.respond: Respond = lambda request: labels((row["number"], "Error") for row in request.asked)
        self.delay_s = 0.0
        self.at_once = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request, and return whether the connection lives on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(head[0].split()[1], headers, body)
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            response = self.respond(request)
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if response.hang:
                await reader.read()  # until the client gives up
                self.dropped.set()
                return False
            announced = {"content-type": "application/json", "content-length": str(len(response.body))}
            lines = [f"{name}: {value}" for name, value in (*announced.items(), *response.headers)]
            start = f"HTTP/1.1 {response.status} Status\r\n" + "\r\n".join(lines) + "\r\n\r\n"
            writer.write(start.encode("latin-1") + response.body[: len(response.body) - response.cut])
            await writer.drain()
            return not response.cut
        finally:
            self.at_once -= 1
