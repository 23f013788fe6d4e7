"""Rows as CSV, with results behind their cells."""

import csv
from collections.abc import Callable
from typing import TextIO

from files.table import Results


def csv_writer(output: TextIO, delimiter: str = ",") -> Callable[[list[str], Results], object]:
    """Return what writes a row of CSV: the cells of a file, and results; None becomes an empty cell."""
    usual = csv.writer(output, delimiter=delimiter, lineterminator="\n").writerow
    # With this line end the library leaves a carriage return without quotes, and readers take it for another.
    quoted = csv.writer(output, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow

    def write(cells: list[str], results: Results) -> object:
        return (quoted if "\r" in "".join(cells) else usual)([*cells, *results])

    return write
