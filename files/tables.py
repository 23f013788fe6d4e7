"""CSV, JSON Lines and plain text as people have them: any encoding, any dialect, every column kept."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Literal, Protocol, TextIO

import msgspec

from consumer.errors import ConsumerError
from pipeline.event import Event

Format = Literal["csv", "jsonl", "text"]
RESULT_COLUMNS = ("target_label", "confidence", "tier", "rule", "best_guess")
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
)
_PEEK_BYTES = 1 << 16
_CELL_CHARS = 64 << 20

Results = Sequence[str | float | None]
"""The values of `RESULT_COLUMNS` for one row."""


class InputFileError(ConsumerError):
    """The input file cannot be read as what it should be."""


class Table(Protocol):
    """A file of events, read row by row and written with results beside each row."""

    def rows(self) -> Iterator[tuple[Event, object]]:
        """Yield each event with what must be written back of its row."""

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Return a function that writes a row with its results."""


def detect_encoding(start: bytes) -> str:
    """Return the encoding of a file by its start: byte order mark, UTF-8 where it fits, else Windows-1252."""
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def open_text(raw: io.BufferedReader, encoding: str | None) -> TextIO:
    """Return a binary stream as text. Bytes that do not fit the encoding survive to the output as they are.

    Raises:
        InputFileError: the encoding is not one, or the stream is compressed.
    """
    start = raw.peek(_PEEK_BYTES)
    for mark, kind in _PACKED:
        if start.startswith(mark):
            raise InputFileError(
                f"the input is {kind}: unpack it first, and name the file or pipe it into `classify -`"
            )
    try:
        encoding = codecs.lookup(encoding or detect_encoding(start)).name
        if encoding == "utf-8" and start.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
        # Halves of a wider character cannot be kept apart; of an 8-bit character every byte can.
        errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        return io.TextIOWrapper(raw, encoding, errors=errors, newline="")
    except LookupError as error:
        raise InputFileError(
            f"{encoding} is not an encoding that Python knows; utf-8 and cp1252 are"
        ) from error


def detect_format(name: str, start: bytes) -> Format:
    """Return the format of a file by its suffix; of a stream, by its first character."""
    suffix = PurePath(name).suffix.lower()
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix in (".jsonl", ".ndjson", ".json"):
        return "jsonl"
    if suffix or not start:
        return "text"
    return "jsonl" if start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{" else "csv"


def _event(source: str, message: str) -> Event:
    # What did not fit the encoding is kept for the output, but means nothing.
    return Event(source, message if message.isascii() else message.encode("utf-8", "replace").decode())


class CsvTable:
    """A CSV file with a header.

    Raises:
        InputFileError: there is no header, or it lacks a column; the sentence names those found.
    """

    def __init__(self, text: TextIO, source_column: str, message_column: str, source_is_due: bool) -> None:
        csv.field_size_limit(_CELL_CHARS)
        first = text.readline()
        # A quoted name may hold a newline; read on until the quotes are closed.
        while first.count('"') % 2 and len(first) < _CELL_CHARS and (more := text.readline()):
            first += more
        self.delimiter = max(_DELIMITERS, key=lambda d: (message_column in _header(first, d), first.count(d)))
        self.columns = _header(first, self.delimiter)
        if message_column not in self.columns:
            raise InputFileError(_missing(message_column, self.columns, "--message-column"))
        if source_column not in self.columns and source_is_due:
            raise InputFileError(_missing(source_column, self.columns, "--source-column"))
        self._source = self.columns.index(source_column) if source_column in self.columns else None
        self._message = self.columns.index(message_column)
        self._text = text
        self.rows_with_surplus = 0

    def rows(self) -> Iterator[tuple[Event, object]]:
        """Yield each event with the cells of its row; cells beyond the header's are joined to the last."""
        width = len(self.columns)
        reader = csv.reader(self._text, delimiter=self.delimiter)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputFileError(f"line {reader.line_num + 1} is not CSV: {error}") from error
            if not cells:
                continue
            if len(cells) > width:
                self.rows_with_surplus += 1
                cells[width - 1 :] = [self.delimiter.join(cells[width - 1 :])]
            cells += [""] * (width - len(cells))
            yield _event(cells[self._source] if self._source is not None else "", cells[self._message]), cells

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Write the header, and return what writes a row. A column named like ours is kept as X_before."""
        rows = csv.writer(output, delimiter=self.delimiter, lineterminator="\n")
        rows.writerow([*_kept_names(self.columns), *RESULT_COLUMNS])

        def write(cells: object, results: Results) -> None:
            assert isinstance(cells, list)  # noqa: S101 - for mypy: it is what `rows` gave
            rows.writerow([*cells, *("" if result is None else result for result in results)])

        return write


class JsonLinesTable:
    """A file with a JSON object on each line. What is no object stays, as the member ``unreadable``."""

    def __init__(self, text: TextIO, source_member: str, message_member: str) -> None:
        self._text = text
        self._source = source_member
        self._message = message_member
        self.unreadable_lines = 0

    def rows(self) -> Iterator[tuple[Event, object]]:
        """Yield each event with the members of its object, each as it was written."""
        decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
        for number, line in enumerate(filter(str.strip, self._text), start=1):
            try:
                members = decoder.decode(line.encode())
            except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
                if number == 1 and line.lstrip().startswith("["):
                    raise InputFileError(
                        "the input is a JSON array, not an object on each line: "
                        "`jq -c '.[]'` makes those of it"
                    ) from None
                self.unreadable_lines += 1
                text = line.rstrip("\r\n").encode("utf-8", "replace").decode()
                yield Event("", ""), {"unreadable": msgspec.Raw(msgspec.json.encode(text))}
                continue
            if number == 1 and self._message not in members:
                raise InputFileError(_missing(self._message, list(members), "--message-column"))
            yield Event(_text(members.get(self._source)), _text(members.get(self._message))), members

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Return what writes an object with its results."""

        def write(members: object, results: Results) -> None:
            assert isinstance(members, dict)  # noqa: S101 - for mypy: it is what `rows` gave
            kept = zip(_kept_names(list(members)), members.values(), strict=True)
            labelled = {**dict(kept), **dict(zip(RESULT_COLUMNS, results, strict=True))}
            output.write(msgspec.json.encode(labelled).decode() + "\n")

        return write


class TextTable:
    """A plain log file: each line is a message, and no source is known. Written as CSV."""

    def __init__(self, text: TextIO, message_column: str) -> None:
        self._text = text
        self._message_column = message_column

    def rows(self) -> Iterator[tuple[Event, object]]:
        """Yield each line that is not empty."""
        for line in self._text:
            line = line.rstrip("\r\n")
            if line.strip():
                yield _event("", line), line

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Write the header of the CSV, and return what writes a line of it."""
        rows = csv.writer(output, lineterminator="\n")
        rows.writerow([self._message_column, *RESULT_COLUMNS])

        def write(line: object, results: Results) -> None:
            rows.writerow([line, *("" if result is None else result for result in results)])

        return write


def _text(value: msgspec.Raw | None) -> str:
    """Return a JSON string, or whatever else as it is written; nothing for null."""
    written = b"null" if value is None else bytes(value)
    if written[:1] == b'"':
        return msgspec.json.decode(written, type=str)
    return "" if written == b"null" else written.decode()


def _kept_names(columns: Sequence[str]) -> list[str]:
    """Return the names of the input's columns in the output, where ours must be free."""
    taken = {*columns, *RESULT_COLUMNS}
    names = []
    for name in columns:
        kept = name
        if name in RESULT_COLUMNS:
            while kept in taken:
                kept += "_before"
            taken.add(kept)
        names.append(kept)
    return names


def _header(line: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _missing(column: str, found: Sequence[str], option: str) -> str:
    if not found:
        return "the input is empty: it needs a header line, and a row for each event"
    names = ", ".join(map(repr, found))
    return f"the input has no column {column!r}, only {names}: name the right one with {option}"
