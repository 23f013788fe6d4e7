"""A plain log file: each line is a message, and no source is known. Written as CSV."""

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from files.csv_writer import csv_writer
from files.decoding import Text
from files.errors import InputFileError
from files.line_table import Shape, batches_of
from files.notes import Notes
from files.table import RESULT_COLUMNS, Columns, Format, Results, Row
from pipeline.event import Event


class TextTable:
    """Lines of text; those with nothing in them are left out."""

    format: Format = "text"
    delimiter = ","
    shape: Shape | None = None

    def __init__(self, text: Text, columns: Columns, notes: Notes, name: str) -> None:
        self.notes = notes
        self._text = text
        self._name = name
        self._line = 1
        self._message = columns.message or "log_message"

    def batches(self) -> Iterator[list[Row]]:
        """Yield the lines as they arrive."""
        return batches_of(self)

    def blocks(self) -> Iterator[tuple[str, bool]]:
        """Yield the lines as they arrive; none goes on behind them. See `LineTable`."""
        for text in self._text.blocks():
            yield text, True

    def rows(
        self, lines: list[str], start: int, *, final: bool, most: int | None = None
    ) -> tuple[list[Row], int]:
        """Return the rows of lines from ``start`` on, and where the first line behind them is. See `LineTable`."""
        batch: list[Row] = []
        place = start
        while place < len(lines) and len(batch) != most:
            line = lines[place].rstrip("\r\n")
            if line and not line.isspace():
                batch.append((Event("", line), line, self._line + place))
            place += 1
        self.notes.rows += len(batch)
        return batch, place

    def hold(self, read: int, rest: Sequence[str]) -> None:
        """Count the lines of a block: all are read."""
        self._line += read

    def check(self) -> None:
        """Return: any text is right."""

    def cell(
        self, wanted: str | None, usual: Sequence[str], option: str, *, needed: bool
    ) -> Callable[[object], str] | None:
        """Return None: a line has no further columns."""
        if needed or wanted is not None:
            column = repr(wanted) if wanted is not None else " or ".join(map(repr, usual[:2]))
            raise InputFileError(
                f"{self._name} was read as plain text, which has no column {column}: "
                "a CSV file with a header has, or name what it is with --format"
            )
        return None

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Write the header of the CSV, and return what writes a line of it."""
        write = csv_writer(output)
        write([self._message], RESULT_COLUMNS)

        def write_line(line: object, results: Results) -> None:
            write([str(line)], results)

        return write_line
