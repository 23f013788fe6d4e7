"""Bytes to lines of text: the encoding is found out, and a line that does not fit it costs no other line."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from files.blocks import Blocks
from files.errors import FileSizeError, InputFileError
from files.notes import Notes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_LINE_BYTES = 4 << 20
_MARK = "\ufeff"
_QUOTED = re.compile('"[^"]*"')
_MUCH, _LITTLE = 0.4, 0.05  # shares of zero bytes, at the places where UTF-16 has most and fewest of them


def detect_encoding(start: bytes) -> str | None:
    """Return the encoding that the start of a file shows: by its byte order mark, or by its zero bytes.

    None stands for UTF-8, or Windows-1252 where lines are not UTF-8: only the lines can tell.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    zeros = [start[place::4].count(0) * 4 / max(1, len(start)) for place in range(4)]
    if zeros[0] < _LITTLE and min(zeros[1:]) > _MUCH:
        return "utf-32-le"
    if zeros[3] < _LITTLE and min(zeros[:3]) > _MUCH:
        return "utf-32-be"
    if max(zeros[0], zeros[2]) < _LITTLE and min(zeros[1], zeros[3]) > _MUCH:
        return "utf-16-le"
    if max(zeros[1], zeros[3]) < _LITTLE and min(zeros[0], zeros[2]) > _MUCH:
        return "utf-16-be"
    return None


class Text:
    """The content of a stream as text; to be read once, by `lines`, `blocks` or `chunks`.

    ``encoding`` is the one named by the user, None to find it out. A line that does not fit it is read with a
    replacement for what does not fit, and counted in ``notes``.

    Raises:
        InputFileError: there is no such encoding.
        FileSizeError: while being read: a line has more than `MOST_LINE_BYTES`.
    """

    def __init__(self, blocks: Blocks, encoding: str | None, notes: Notes, name: str) -> None:
        self._blocks = blocks
        self._name = name
        self._notes = notes
        self._encoding = encoding or detect_encoding(blocks.start)
        self._windows: bool | None = None if self._encoding is None else False
        try:
            # In UTF-16 and its like a line end is no byte of its own, so that bytes cannot be cut into lines.
            self._wide = "\n".encode((self._encoding or "utf-8").replace("utf-8-sig", "utf-8")) != b"\n"
        except (LookupError, UnicodeError) as error:
            raise InputFileError(
                f"{encoding} is not an encoding that Python knows, so {name} cannot be read; utf-8 and cp1252 are"
            ) from error
        self.start = self._decoded_start()
        bare = _QUOTED.sub("", self.start)
        self._old_mac = "\r" in bare and "\n" not in bare

    def lines(self) -> Iterator[list[str]]:
        """Yield the lines of each block, with their ends. Lines end with a line feed; of old, with a return."""
        yield from map(split_lines, self.blocks())

    def blocks(self) -> Iterator[str]:
        """Yield the text of each block, cut behind a line; see `split_lines`."""
        yield from self._whole_lines(self._chunks_of_lines())

    def chunks(self) -> Iterator[str]:
        """Yield the text of each block, cut anywhere, for what has no lines."""
        decoder = codecs.getincrementaldecoder(self._encoding or self._likely())(errors="replace")
        first = True
        for block in self._blocks:
            text = decoder.decode(block)
            yield text.removeprefix(_MARK) if first else text
            first = False
        yield decoder.decode(b"", final=True)

    def _chunks_of_lines(self) -> Iterator[str]:
        if self._wide:
            for text in self.chunks():
                self._notes.replaced_lines += sum("\ufffd" in line for line in text.split("\n"))
                yield text.replace("\r", "\n") if self._old_mac else text
            return
        end = b"\r" if self._old_mac else b"\n"
        for number, data in enumerate(self._whole_byte_lines(self._blocks, end)):
            text = self._decode(data.replace(b"\r", b"\n") if self._old_mac else data)
            yield text.removeprefix(_MARK) if number == 0 else text

    def _decode(self, data: bytes) -> str:
        """Return whole lines as text."""
        try:
            text = data.decode(self._encoding or "utf-8")
            if self._windows is None and not data.isascii():
                self._windows = False
            return text
        except UnicodeDecodeError:
            lines = io.BytesIO(data).readlines()
            if self._windows is None:
                self._windows = _are_windows(lines)
            return "".join(map(self._decode_line, lines))

    def _decode_line(self, line: bytes) -> str:
        encoding = self._encoding or "utf-8"
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            pass
        if self._windows:
            encoding = "cp1252"
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                pass
            else:
                self._notes.windows_lines += 1
                return text
        self._notes.replaced_lines += 1
        return line.decode(encoding, "replace")

    def _whole_byte_lines(self, blocks: Iterable[bytes], line_end: bytes) -> Iterator[bytes]:
        pending: list[bytes] = []
        for block in blocks:
            end = block.rfind(line_end) + 1
            if end:
                yield b"".join((*pending, block[:end]))
                pending = []
            pending.append(block[end:])
            self._check_length(pending)
        if rest := b"".join(pending):
            yield rest

    def _whole_lines(self, texts: Iterable[str]) -> Iterator[str]:
        pending: list[str] = []
        for text in texts:
            end = text.rfind("\n") + 1
            if end:
                yield "".join((*pending, text[:end]))
                pending = []
            pending.append(text[end:])
            self._check_length(pending)
        if rest := "".join(pending):
            yield rest

    def _check_length(self, pending: Sequence[bytes | str]) -> None:
        if sum(map(len, pending)) > MOST_LINE_BYTES:
            raise FileSizeError(
                f"{self._name} has a line of more than {MOST_LINE_BYTES >> 20} MB, which is no log event: "
                "name another format with --format, or break it into lines"
            )

    def _likely(self) -> str:
        try:
            codecs.getincrementaldecoder("utf-8")().decode(self._blocks.start)
        except UnicodeDecodeError:
            return "cp1252" if _are_windows(self._blocks.start.splitlines()) else "utf-8"
        return "utf-8"

    def _decoded_start(self) -> str:
        text = self._blocks.start.decode(self._encoding or self._likely(), "replace")
        return text.removeprefix(_MARK)


def _are_windows(lines: Iterable[bytes]) -> bool:
    """Return whether more lines are not UTF-8 than are, those in ASCII aside."""
    good = bad = 0
    for line in lines:
        if not line.isascii():
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return bad > good


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, with their ends: line feeds alone end a line."""
    return io.StringIO(text, newline="\n").readlines()
