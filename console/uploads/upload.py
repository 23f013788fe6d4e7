"""A file that was sent to be labelled, and how it is to be read."""

import io
import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from console.settings import ConsoleSettings
from console.uploads.spool import SpoolFile, SpoolReader
from files.blocks import Blocks
from files.errors import FileFormatError
from files.formats import open_table
from files.labelled import Reading
from files.table import Format, Table

START_BYTES = 1 << 16
"""How much of a file is looked at before the rest is received."""
NO_NAME = "the file"
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "text": "text/csv; charset=utf-8",
}
"""What a labelled file is, by the format of the file that was sent."""
_MOST_NAME_CHARS = 100
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Upload:
    """A file that was received. ``name`` is what people call it, and is never a path."""

    file: SpoolFile
    name: str
    reading: Reading


def open_upload(upload: Upload, settings: ConsoleSettings) -> tuple[Table, SpoolReader]:
    """Return the table of an upload, and what shows how much of it has been read.

    Raises:
        FileFormatError: it is of a format that is not taken.
        InputFileError: it lacks a column, or cannot be read.
    """
    reader = SpoolReader(upload.file)
    return table_of(reader, upload.name, upload.reading, settings), reader


def check_unpacked(upload: Upload, settings: ConsoleSettings) -> None:
    """Unpack an upload that is gzip, and look at its size alone, before anything of it is labelled.

    Raises:
        FileSizeError: it is too large.
        InputFileError: it is damaged.
    """
    if upload.file.read_at(0, len(_GZIP)) == _GZIP:
        stream: Any = SpoolReader(upload.file)
        for _ in Blocks(stream, upload.name, settings.max_file_size):
            pass


def table_of(stream: Any, name: str, reading: Reading, settings: ConsoleSettings) -> Table:
    """Return the table that a stream holds, if it is of a format that is taken."""
    if reading.format is not None:
        _check_format(name, reading.format, settings)
    table = open_table(
        stream, name, reading.columns, reading.format, reading.encoding, settings.max_file_size
    )
    _check_format(name, table.format, settings)
    return table


def check_start(start: bytes, name: str, reading: Reading, settings: ConsoleSettings) -> Table:
    """Look at the start of a file, and return what it shows: a table of which no more than that can be read.

    Raises:
        FileFormatError: it is of a format that is not taken.
        InputFileError: it lacks a column, or cannot be read.
    """
    if start.startswith(_GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, START_BYTES)
        except zlib.error:
            start = b""  # what is wrong is said when all of it is read
    return table_of(io.BytesIO(start), name, reading, settings)


def name_of(given: str) -> str:
    """Return what to call a file: the last part of a path, as far as it prints."""
    last = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(each for each in last if each.isprintable() and not "\ud800" <= each <= "\udfff").strip()
    return name[-_MOST_NAME_CHARS:] if name.strip(".") else NO_NAME


def result_name(name: str, format: Format) -> str:
    """Return what to call the labelled file."""
    stem = PurePath(name.removesuffix(".gz")).stem if name != NO_NAME else ""
    return f"{stem or 'file'}-labelled.{'jsonl' if format == 'jsonl' else 'csv'}"


def _check_format(name: str, format: Format, settings: ConsoleSettings) -> None:
    if format not in settings.supported_formats:
        taken = ", ".join(settings.supported_formats)
        raise FileFormatError(
            f"{name} is {_CALLED[format]}, and this console takes {taken}: "
            "send it as one of these, or name what it is with --format"
        )


_CALLED: dict[Format, str] = {"csv": "CSV", "jsonl": "JSON", "text": "plain text"}
