"""The bytes of a stream as they arrive: large blocks while it is fast, what there is when it pauses."""

import gzip
import io
import select
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from files.errors import FileFormatError, FileSizeError, InputFileError

START_BYTES = 1 << 16
"""How much of a stream is looked at to find out what it is."""
BLOCK_BYTES = 1 << 18
_FIRST_PAUSE_S = 0.2
_GZIP = b"\x1f\x8b"
_UNPACK = "unpack it first, and name the file or pipe it into the command"
_FOREIGN = (
    (b"PK\x03\x04", f"a zip archive or a spreadsheet (.xlsx): save the sheet as CSV, or {_UNPACK}"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (.xls): save the sheet as CSV"),
    (b"PAR1", "a Parquet file: export it as CSV or JSON Lines, for instance with DuckDB or pandas"),
    (b"ORC", "an ORC file: export it as CSV or JSON Lines"),
    (b"Obj\x01", "an Avro file: export it as JSON Lines"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"ElfFile", "a Windows event log (.evtx): export it as CSV or JSON Lines"),
    (b"\x28\xb5\x2f\xfd", f"packed with zstd: {_UNPACK}"),
    (b"BZh", f"packed with bzip2: {_UNPACK}"),
    (b"\xfd7zXZ\x00", f"packed with xz: {_UNPACK}"),
    (b"7z\xbc\xaf", f"a 7z archive: {_UNPACK}"),
    (b"%PDF-", "a PDF document, which has no log lines to read"),
    (b"\x89PNG", "a picture, which has no log lines to read"),
    (b"\xff\xd8\xff", "a picture, which has no log lines to read"),
    (b"\x7fELF", "a program, which has no log lines to read"),
)


class Blocks:
    """The content of a binary stream, unpacked if it is gzip; to be iterated over once.

    ``start`` is its beginning, `START_BYTES` or more where it has so many. A block is what has arrived, at most
    about `BLOCK_BYTES`: a reader of a slow pipe gets each line when it comes, a reader of a file large blocks.
    ``most_bytes`` is how large the content may be, unpacked.

    Raises:
        FileFormatError: it is packed in another way, or no text.
        FileSizeError: while being made or read: it is too large.
        InputFileError: while being made or read: the stream fails.
    """

    def __init__(self, stream: BinaryIO, name: str, most_bytes: int | None = None) -> None:
        self._name = name
        self._most_bytes = most_bytes
        self._received = 0
        self._ended = False
        raw: Any = stream  # a binary stream has readinto, which its type does not say
        buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(raw, START_BYTES)
        self._read1 = buffered.read1
        self._poll = _poll_of(buffered)
        with_magic = self._peek(buffered)
        for magic, kind in _FOREIGN:
            if with_magic.startswith(magic):
                raise FileFormatError(f"{name} is {kind}")
        if with_magic.startswith(_GZIP):
            self._read1 = gzip.GzipFile(fileobj=buffered).read1
            self._poll = None
        self.start = self._first()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the start, and then block by block what follows."""
        if self.start:
            yield self.start
        while block := self._read():
            parts, size = [block], len(block)
            while size < BLOCK_BYTES and not self._pauses(0) and (block := self._read()):
                parts.append(block)
                size += len(block)
            yield b"".join(parts)

    def _first(self) -> bytes:
        start = bytearray()
        while len(start) < START_BYTES and (block := self._read()):
            start += block
            if b"\n" in start and self._pauses(_FIRST_PAUSE_S):
                break
        return bytes(start)

    def _pauses(self, seconds: float) -> bool:
        """Return whether nothing more arrives within so many seconds; a file never pauses."""
        return self._poll is not None and not self._poll.poll(seconds * 1000)

    def _peek(self, buffered: Any) -> bytes:
        try:
            return bytes(buffered.peek(1))
        except OSError as error:
            raise self._failure(error) from error

    def _read(self) -> bytes:
        if self._ended:
            return b""
        try:
            block = self._read1(BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputFileError(
                f"{self._name} is gzip that is cut off or damaged: pack it again, "
                "or unpack with `zcat` what can still be read"
            ) from error
        except OSError as error:
            raise self._failure(error) from error
        self._ended = not block
        self._received += len(block)
        if self._most_bytes is not None and self._received > self._most_bytes:
            raise FileSizeError(
                f"{self._name} has more than {self._most_bytes:,} bytes, unpacked: cut it into several"
            )
        return block

    def _failure(self, error: OSError) -> InputFileError:
        return InputFileError(f"{self._name} cannot be read: {error.strerror or error}")


def _poll_of(stream: Any) -> "select.poll | None":
    try:
        number = stream.fileno()
    except OSError:  # in memory
        return None
    poll = select.poll()
    poll.register(number, select.POLLIN | select.POLLHUP)
    return poll
