"""A file that is labelled while it is being received, and sent back meanwhile.

What comes goes through a pair of sockets into the thread that labels, so that a reader of lines sees when its sender
pauses. What is labelled goes to a file on disk, and from there to the client as fast as that reads: a client that sends
all before it reads anything must not bring both to a standstill.
"""

import asyncio
import socket
from contextlib import closing, suppress

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.classifier import CHUNK_ROWS
from console.uploads.desk import Desk
from console.uploads.receiving import too_large
from console.uploads.sending import headers_of
from console.uploads.spool import SpoolFile, SpoolFullError
from console.uploads.upload import START_BYTES, table_of
from files.errors import FileSizeError
from files.labelled import Reading
from files.labelling import write_labelled
from files.table import Format


class StreamedResponse(Response):
    """Answers a body with the same, labelled. What goes wrong before the first row is raised, else cut off."""

    def __init__(self, desk: Desk, name: str, reading: Reading) -> None:
        self.background = None
        self._desk = desk
        self._name = name
        self._reading = reading
        self._format: Format | None = None
        self._error: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive, label and send, each as fast as it can.

        Raises:
            InputFileError: the file cannot be read as what it should be.
            SpoolFullError: there is no room for it, or there are too many already.
        """
        if self._desk.streams.available_tokens < 1:
            raise SpoolFullError("as many files are being streamed as can be: try again when others are done")
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with closing(self._desk.spool.file()) as result, theirs:
            _, writer = await asyncio.open_connection(sock=ours)
            changed = asyncio.Event()
            ended = asyncio.Event()
            result.on_append = lambda: loop.call_soon_threadsafe(changed.set)

            async def label() -> None:
                try:
                    await to_thread.run_sync(self._label, theirs, result, limiter=self._desk.streams)
                except Exception as error:
                    self._error = self._error or error
                ended.set()
                changed.set()

            async def feed() -> None:
                try:
                    await self._feed(receive, writer)
                except Exception as error:
                    self._error = error
                    writer.close()
                    changed.set()

            labelling, feeding = asyncio.create_task(label()), asyncio.create_task(feed())
            try:
                await self._send(send, result, changed, ended)
            finally:
                feeding.cancel()
                writer.close()
                await labelling

    async def _feed(self, receive: Receive, writer: asyncio.StreamWriter) -> None:
        received = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            received += len(message.get("body", b""))
            if received > self._desk.settings.max_file_size:
                raise FileSizeError(too_large(self._name, self._desk.settings.max_file_size))
            with suppress(ConnectionError):  # the thread has ended, and said why
                writer.write(message.get("body", b""))
                await writer.drain()
                if not message.get("more_body", False) and not writer.is_closing():
                    writer.write_eof()

    async def _send(
        self, send: Send, result: SpoolFile, changed: asyncio.Event, ended: asyncio.Event
    ) -> None:
        place = 0
        while self._error is None:
            await changed.wait()
            changed.clear()
            is_last = ended.is_set()
            while self._error is None and (data := result.read_at(place)):
                if not place:
                    await self._begin(send)
                await send({"type": "http.response.body", "body": data, "more_body": True})
                place += len(data)
            if is_last:
                break
        if self._error is not None:
            raise self._error
        if not place:
            await self._begin(send)
        await send({"type": "http.response.body", "body": b""})

    async def _begin(self, send: Send) -> None:
        headers = headers_of(self._name, self._format or "text")
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})

    def _label(self, theirs: socket.socket, result: SpoolFile) -> None:
        with theirs.makefile("rb", buffering=START_BYTES) as stream:
            table = table_of(stream, self._name, self._reading, self._desk.settings)
            self._format = table.format
            output = result.text()
            for _ in write_labelled(table, output, self._desk.classifier.label, CHUNK_ROWS):
                if self._error is not None:
                    return
            output.flush()
