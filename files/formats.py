"""What a file is: CSV, JSON or plain text, by its content and its name."""

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

from files import dialect
from files.blocks import Blocks
from files.columns import MESSAGE_NAMES, find
from files.csv_table import CsvTable
from files.decoding import Text
from files.json_objects import has_line_objects, members_of
from files.json_table import JsonTable
from files.notes import Notes
from files.table import Columns, Format, Table
from files.text_table import TextTable

_TABLES: dict[Format, Callable[[Text, Columns, Notes, str], Table]] = {
    "csv": CsvTable,
    "jsonl": JsonTable,
    "text": TextTable,
}
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_NAME = re.compile(r"[^\W\d][\w .-]{0,39}")


def open_table(
    stream: BinaryIO,
    name: str,
    columns: Columns,
    format: Format | None = None,
    encoding: str | None = None,
    most_bytes: int | None = None,
) -> Table:
    """Return the table that a stream of bytes holds; ``name`` is what errors call it, and its suffix counts.

    ``most_bytes`` is how much of it is read, unpacked, before it is refused as too large.

    Reads the start of the stream: 64 KB, or what there is when it pauses. A stream that is not buffered is closed
    when it has been read.

    Raises:
        FileFormatError: it is packed in a way that is not known, or no text.
        InputFileError: it cannot be read, or lacks a column.
    """
    notes = Notes()
    text = Text(Blocks(stream, name, most_bytes), encoding, notes, name)
    return _TABLES[format or detect_format(name, text.start, columns.message)](text, columns, notes, name)


def detect_format(name: str, start: str, message: str | None = None) -> Format:
    """Return the format of a file by the start of its text and the suffix of its name.

    JSON shows itself whatever the name. Without a suffix that says CSV or JSON it is CSV if the first line looks
    like a header: it has a column with the name of the message, or several short names and a second line with as
    many cells. All else is plain text, a message a line.
    """
    if _is_json(start):
        return "jsonl"
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes if suffix.lower() != ".gz"]
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    return "csv" if _has_header(start, message) else "text"


def _is_json(start: str) -> bool:
    body = start.lstrip()
    if body[:1] == "[":
        return body[1:].lstrip()[:1] == "{"
    if body[:1] != "{":
        return False
    first = body.split("\n", 1)[0]
    return members_of(first) is not None or not has_line_objects(body) or first.startswith('{"')


def _has_header(start: str, message: str | None) -> bool:
    lines = start.splitlines()
    if lines and dialect.named_delimiter(lines[0]) is not None:
        return True
    first, second = ([line for line in lines if not dialect.is_blank(line)] + ["", ""])[:2]
    delimiter = dialect.delimiter_of(first, message)
    names = dialect.header_cells(first, delimiter)
    if find(names, message, MESSAGE_NAMES) is not None:
        return len(names) > 1 or message is not None or names == ["log_message"]
    return (
        len(names) > 1
        and len(set(names)) == len(names)
        and all(_NAME.fullmatch(name) for name in names)
        and len(dialect.header_cells(second, delimiter)) == len(names)
    )
