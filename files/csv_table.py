"""CSV as people have it: any dialect, every column kept, and no row lost to a quote that is not closed."""

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TextIO

from files import dialect
from files.columns import MESSAGE_NAMES, SOURCE_NAMES, find, missing
from files.csv_writer import csv_writer
from files.decoding import Text, split_lines
from files.errors import InputFileError
from files.line_table import Shape, batches_of
from files.notes import Notes
from files.table import RESULT_COLUMNS, Columns, Format, Results, Row, kept_names
from pipeline.event import Event

_MOST_LINES = 10_000  # of one record: a quote that is open for longer was never meant to open
_MOST_CHARS = 4 << 20
LEARNT_ROWS = 2_000
"""Rows by whose beginnings a quote that is not closed is known from a record of several lines."""
_ZEROED = str.maketrans("123456789", "0" * 9)
_PROOF_LINES = 10


class _EndOfBlockError(Exception):
    """A record goes on behind the lines that are there."""


class CsvTable:
    """A CSV file with a header.

    Raises:
        InputFileError: there is no header, or it lacks a column; the sentence names those found.
    """

    format: Format = "csv"

    def __init__(self, text: Text, columns: Columns, notes: Notes, name: str) -> None:
        csv.field_size_limit(dialect.MAX_FIELD_CHARS)
        self.notes = notes
        self._name = name
        self._texts = text.blocks()
        self._line = 1
        self._pending: list[str] = []  # before the first row
        self._held = ""
        delimiter = self._skip_to_header()
        header = self._header()
        self.delimiter = delimiter or dialect.delimiter_of(header, columns.message)
        self.columns = dialect.header_cells(header, self.delimiter) if header else []
        message = find(self.columns, columns.message, MESSAGE_NAMES)
        if message is None:
            raise missing(name, self.columns, columns.message, MESSAGE_NAMES[:3], "--message-column")
        source = find(self.columns, columns.source, SOURCE_NAMES)
        if source is None and columns.source is not None:
            raise missing(name, self.columns, columns.source, SOURCE_NAMES, "--source-column")
        self._message = self.columns.index(message)
        self._source = self.columns.index(source) if source is not None else None
        self.shape: Shape | None = self.delimiter, len(self.columns), self._message, self._source
        self._beginnings: set[str] = set()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows as they arrive; cells beyond the header's are joined to the last.

        Raises:
            InputFileError: no row has a message.
        """
        return batches_of(self)

    def blocks(self) -> Iterator[tuple[str, bool]]:
        """Yield the lines behind the header as they arrive, and whether they are the last. See `LineTable`."""
        for more in chain(("".join(self._pending),), self._texts):
            yield self._held + more, False
        yield self._held, True

    def hold(self, read: int, rest: Sequence[str]) -> None:
        """Count the lines of a block that are read, and hold the rest: a record that is not whole yet."""
        self._line += read
        self._held = "".join(rest)

    def check(self) -> None:
        """Return if there is a row with a message, or no row.

        Raises:
            InputFileError: no row has a message.
        """
        if self.notes.rows and self.notes.without_message == self.notes.rows:
            raise InputFileError(
                f"no row of {self._name} has a message in the column {self.columns[self._message]!r}: "
                "name the right one with --message-column"
            )

    def cell(
        self, wanted: str | None, usual: Sequence[str], option: str, *, needed: bool
    ) -> Callable[[object], str] | None:
        """Return what reads another column of a row."""
        column = find(self.columns, wanted, usual)
        if column is None:
            if needed or wanted is not None:
                raise missing(self._name, self.columns, wanted, usual[:2], option)
            return None
        place = self.columns.index(column)

        def read(cells: object) -> str:
            assert isinstance(cells, list)  # noqa: S101 - for mypy: it is what `batches` gave
            return str(cells[place])

        return read

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Write the header, and return what writes a row."""
        write = csv_writer(output, self.delimiter)
        write(kept_names(self.columns), RESULT_COLUMNS)

        def write_row(cells: object, results: Results) -> None:
            assert isinstance(cells, list)  # noqa: S101 - for mypy: it is what `batches` gave
            write(cells, results)

        return write_row

    def _skip_to_header(self) -> str | None:
        """Skip blank lines and a line ``sep=;``, and return what that names."""
        while self._fill():
            delimiter = dialect.named_delimiter(self._pending[0])
            if delimiter is None and not dialect.is_blank(self._pending[0]):
                return None
            self._take()
            if delimiter is not None:
                return delimiter
        return None

    def _header(self) -> str:
        while self._fill() and dialect.is_blank(self._pending[0]):
            self._take()
        header = self._take() if self._fill() else ""
        # A quoted name may hold a line end; read on until the quotes are closed.
        while header.count('"') % 2 and len(header) < _MOST_CHARS and self._fill():
            header += self._take()
        return header

    def _fill(self) -> bool:
        if not self._pending:
            self._pending = split_lines(next(self._texts, ""))
        return bool(self._pending)

    def _take(self) -> str:
        self._line += 1
        return self._pending.pop(0)

    def rows(
        self, lines: list[str], start: int, *, final: bool, most: int | None = None
    ) -> tuple[list[Row], int]:
        """Return the rows of lines from ``start`` on, and where the first line behind them is. See `LineTable`."""
        batch: list[Row] = []
        while start < len(lines):
            reader = csv.reader(self._feed(lines, start, final), delimiter=self.delimiter, strict=True)
            begun = start
            try:
                for cells in islice(reader, most):
                    end = begun + reader.line_num
                    if end - start > 1 and self._swallowed(lines[start:end]):
                        break
                    if cells:
                        if len(cells) != len(self.columns):
                            cells = self._as_backslashed(lines[start:end], cells)
                        batch.append(self._row(cells, start))
                    start = end
                else:
                    break
            except _EndOfBlockError:
                held = lines[start:]
                if len(held) < _MOST_LINES and sum(map(len, held)) < _MOST_CHARS:
                    break
            except csv.Error:
                pass
            start += self._odd_row(lines, start, batch)
        self.notes.rows += len(batch)
        return batch, start

    def _feed(self, lines: list[str], start: int, final: bool) -> Iterator[str]:
        yield from map(lines.__getitem__, range(start, len(lines))) if start else lines
        if not final:
            raise _EndOfBlockError

    def _odd_row(self, lines: list[str], start: int, batch: list[Row]) -> int:
        """Append the row that begins in a line which is not CSV, and return its number of lines."""
        cells = dialect.with_returns(lines[start], self.delimiter)
        used = 1
        if cells is None:
            found = dialect.with_backslashes(lines[start:], self.delimiter)
            if found is None:
                self.notes.add_quote(self._line + start)
                cells = dialect.plain_cells(lines[start], self.delimiter)
            else:
                cells, used = found
        batch.append(self._row(cells, start))
        return used

    def _swallowed(self, record: list[str]) -> bool:
        """Return whether a record of several lines is rather a quote not closed, and rows behind it.

        The lines behind the first are then rows themselves, with as many cells as the header, that begin like other
        rows, digits aside. All are, where they are few; where they are many, most.
        """
        width, behind = len(self.columns), record[1:]
        if width < 2:
            return False
        usual = self._beginnings | {self._beginning(record[0])}
        whole = sum(line.count(self.delimiter) == width - 1 for line in behind)
        known = sum(self._beginning(line) in usual for line in behind)
        if len(behind) > _PROOF_LINES:
            return whole >= 0.9 * len(behind) and known >= 0.5 * len(behind)
        return whole == known == len(behind)

    def _beginning(self, line: str) -> str:
        return line.partition(self.delimiter)[0].translate(_ZEROED)

    def _as_backslashed(self, record: list[str], cells: list[str]) -> list[str]:
        """Return the cells of a record with backslashes before its quotes, if that gives as many as the header."""
        found = dialect.with_backslashes(record, self.delimiter)
        if found is not None and found[1] == len(record) and len(found[0]) == len(self.columns):
            return found[0]
        return cells

    def _row(self, cells: list[str], place: int) -> Row:
        width = len(self.columns)
        if len(cells) > width:
            self.notes.surplus_rows += 1
            cells[width - 1 :] = [self.delimiter.join(cells[width - 1 :])]
        elif len(cells) < width:
            cells += [""] * (width - len(cells))
        if self.notes.rows < LEARNT_ROWS:
            self._beginnings.add(cells[0].translate(_ZEROED))
        message = cells[self._message]
        if not message or message.isspace():
            self.notes.without_message += 1
        source = cells[self._source] if self._source is not None else ""
        return Event(source, message), cells, self._line + place
