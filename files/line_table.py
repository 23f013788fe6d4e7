"""A table in lines: each row begins on a line of its own, and most are one line."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from files.decoding import split_lines
from files.table import Row, Table

Shape = tuple[str, int, int, int | None]
"""Of a CSV: its delimiter, how many cells a row has, and the places of message and source."""


class LineTable(Table, Protocol):
    """A table whose lines may be read by somebody else too.

    ``delimiter`` stands between the cells that are written; ``shape`` is None where a line is a message as it is.
    """

    delimiter: str
    shape: Shape | None

    def blocks(self) -> Iterator[tuple[str, bool]]:
        """Yield the lines of rows as they arrive, and whether they are the last.

        What is not read of them is to be held: see `hold`. It is in front of the next ones.
        """

    def rows(
        self, lines: list[str], start: int, *, final: bool, most: int | None = None
    ) -> tuple[list[Row], int]:
        """Return the rows of lines from ``start`` on, and where the first line behind them is.

        Stops after ``most`` rows that can be read at once, or where a record may go on behind the lines: it cannot
        behind the ``final`` ones.
        """

    def hold(self, read: int, rest: Sequence[str]) -> None:
        """Count the lines of a block that are read, and hold the rest: a record that is not whole yet."""

    def check(self) -> None:
        """Return if what was read can be right.

        Raises:
            InputFileError: it cannot; the sentence says why.
        """


def batches_of(table: LineTable) -> Iterator[list[Row]]:
    """Yield the rows of a table as they arrive.

    Raises:
        InputFileError: what was read cannot be right.
    """
    for text, final in table.blocks():
        batch = rows_of(table, text, final=final)
        if batch:
            yield batch
    table.check()


def rows_of(table: LineTable, text: str, *, final: bool) -> list[Row]:
    """Return the rows of a block, and hold what is behind them."""
    lines = split_lines(text)
    batch, end = table.rows(lines, 0, final=final)
    table.hold(end, lines[end:])
    return batch
