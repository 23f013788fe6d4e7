"""Receives a file, in pieces: its start is looked at before the rest is taken."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from console.problems import Problem
from console.uploads.spool import SpoolFile
from console.uploads.upload import NO_NAME, START_BYTES, name_of
from files.errors import FileSizeError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

Check = Callable[[bytes, str], object]
"""Looks at the start of a file with a name, and raises what is wrong with it."""

_PIECE_BYTES = 1 << 20
_FILE = "file"
_NO_FILE = f'the form has no file in a part named "{_FILE}": curl sends one with -F {_FILE}=@app.csv'


async def receive_form(request: Request, file: SpoolFile, most_bytes: int, check: Check) -> str:
    """Receive the part ``file`` of a form into a file, and return its name.

    Raises:
        Problem: 415 for a body that is no form, 400 for one that is damaged, 422 for one without a file.
        FileSizeError: the file has more than ``most_bytes``.
        SpoolFullError: there is no room for it.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Problem(
            415, f"send a form, multipart/form-data, with the file in {_FILE}; PUT takes a bare file"
        )
    form = _Form()
    try:
        parser = MultipartParser(parameters.get(b"boundary", b""), form.callbacks())
        async for piece in request.stream():
            parser.write(piece)
            await form.keep(file, most_bytes, check)
        parser.finalize()
    except FormParserError as error:
        raise Problem(400, f"the form is damaged: {error}") from error
    if form.name is None:
        raise Problem(422, _NO_FILE)
    if not form.whole:
        raise Problem(400, "the form ends in the middle of the file: send it again")
    await form.keep(file, most_bytes, check, final=True)
    return form.name


async def receive_start(pieces: AsyncIterator[bytes], at_least: int = START_BYTES) -> bytes:
    """Return the first pieces of a body, joined: so many bytes, or what there is."""
    start = bytearray()
    async for piece in pieces:
        start += piece
        if len(start) >= at_least:
            break
    return bytes(start)


@dataclass
class _Part:
    disposition: bytes = b""
    field: bytes = b""
    value: bytes = b""
    is_file: bool = False


@dataclass
class _Form:
    """What has been read of a form. Parts that are not the file are passed over."""

    name: str | None = None
    whole: bool = False
    _part: _Part = field(default_factory=_Part)
    _content: bytearray = field(default_factory=bytearray)
    _checked: bool = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
        }

    async def keep(self, file: SpoolFile, most_bytes: int, check: Check, *, final: bool = False) -> None:
        """Move what has come into the file, when it is worth it; check the start when it is there."""
        if file.size + len(self._content) > most_bytes:
            raise FileSizeError(too_large(self.name or NO_NAME, most_bytes))
        if not self._checked:
            if len(self._content) < START_BYTES and not final:
                return
            self._checked = True
            await to_thread.run_sync(check, bytes(self._content[:START_BYTES]), self.name or NO_NAME)
        if len(self._content) >= _PIECE_BYTES or final:
            await to_thread.run_sync(file.append, bytes(self._content))
            self._content.clear()

    def _on_part_begin(self) -> None:
        self._part = _Part()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _on_header_end(self) -> None:
        if self._part.field.lower() == b"content-disposition":
            self._part.disposition = self._part.value
        self._part.field = self._part.value = b""

    def _on_headers_finished(self) -> None:
        _, parameters = parse_options_header(self._part.disposition)
        self._part.is_file = parameters.get(b"name") == _FILE.encode()
        if self._part.is_file:
            if self.name is not None:
                raise Problem(422, f"the form has several parts named {_FILE}: send one file at a time")
            self.name = name_of(parameters.get(b"filename", b"").decode("utf-8", "replace"))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._content += data[start:end]

    def _on_part_end(self) -> None:
        self.whole |= self._part.is_file


def too_large(name: str, most_bytes: int) -> str:
    """Return the sentence about a file that is larger than is taken."""
    return (
        f"{name} is larger than {most_bytes:,} bytes, the most that is taken (LOGSLUICE_CONSOLE__MAX_FILE_SIZE): "
        "cut it into several"
    )
