"""A file of events, whatever its format: rows to be read, and written again with results behind them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol, TextIO

from files.notes import Notes
from pipeline.event import Event

Format = Literal["csv", "jsonl", "text"]
RESULT_COLUMNS = ("target_label", "confidence", "tier", "rule", "best_guess")

Results = tuple[str | float | None, ...]
"""The values of `RESULT_COLUMNS` for one row."""
Row = tuple[Event, object, int]
"""An event, what must be written back of its row, and the number of the line on which it begins."""


class Columns(NamedTuple):
    """The names of the columns to read; None stands for the usual names, where they are there."""

    source: str | None = None
    message: str | None = None
    label: str | None = None
    lines: str | None = None


class Table(Protocol):
    """A file of events. ``notes`` counts what was odd, as far as the file has been read."""

    format: Format
    notes: Notes

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows as they arrive, a batch for what is there at once. To be called once.

        Raises:
            InputFileError: the file cannot be read on.
        """

    def cell(
        self, wanted: str | None, usual: Sequence[str], option: str, *, needed: bool
    ) -> Callable[[object], str] | None:
        """Return what reads another column of a row, as text; None where it is not there and not needed.

        Raises:
            InputFileError: the column is not there, and is needed or was named.
        """

    def writer(self, output: TextIO) -> Callable[[object, Results], None]:
        """Write the header, if there is one, and return what writes a row with its results."""


def kept_names(columns: Sequence[str]) -> list[str]:
    """Return the names of the input's columns in the output; one named like a result becomes ``X_before``."""
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
