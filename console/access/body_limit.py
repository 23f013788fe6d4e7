"""Bounds what a request may send, and lets a client that is refused early hear why."""

from anyio import move_on_after
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.problems import Problem, answer
from console.settings import ConsoleSettings
from console.uploads.receiving import too_large

MOST_BYTES = 10_000_000
"""Of a body that is no file: it is held in memory."""
FORM_BYTES = 1 << 16
"""What a form may add to its file."""
_UPLOADS = ("/classify", "/v1/jobs", "/v1/preview")
_DRAIN_S = 10.0


class BodyLimit:
    """Refuses a body that is too large, by its Content-Length at once, else when it has sent too much.

    A client sends all of its body before it reads an answer. Where one is given earlier, the rest is read and
    thrown away for some seconds, or the client would see a broken connection instead of the sentence.
    """

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        self._app = app
        self._most_file_bytes = settings.max_file_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what it sends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = scope["path"].startswith(_UPLOADS)
        most = self._most_file_bytes + FORM_BYTES if is_upload else MOST_BYTES
        refusal = Problem(
            413,
            too_large("the file", self._most_file_bytes)
            if is_upload
            else f"the body is larger than {MOST_BYTES:,} bytes: send it in several requests",
        )
        received = 0
        ended = "content-length" not in headers and "transfer-encoding" not in headers

        async def receive_some() -> Message:
            nonlocal received, ended
            message = await receive()
            received += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if received > most:
                raise refusal
            return message

        async def send_and_drain(message: Message) -> None:
            if message["type"] == "http.response.start" and not ended:
                MutableHeaders(scope=message)["Connection"] = "close"
            elif message["type"] == "http.response.body" and not message.get("more_body") and not ended:
                await send({**message, "more_body": True})
                await _drain(receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            await answer(Request(scope), refusal)(scope, receive, send_and_drain)
        elif headers.get("content-encoding", "identity").lower() != "identity":
            problem = Problem(
                415, "send the body without Content-Encoding; a file may be gzip by itself, app.csv.gz"
            )
            await answer(Request(scope), problem)(scope, receive, send_and_drain)
        else:
            await self._app(scope, receive_some, send_and_drain)


async def _drain(receive: Receive) -> None:
    with move_on_after(_DRAIN_S):
        while (await receive()).get("more_body", False):
            pass
