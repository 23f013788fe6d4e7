"""Rows as CSV, with results behind their cells."""

import csv
import io
import re
from collections.abc import Callable
from typing import TextIO

from files.table import Results

_MOST_RESULTS = 10_000
_ODD = re.compile('["\r\n]').search


def csv_writer(output: TextIO, delimiter: str = ",") -> Callable[[list[str], Results], object]:
    """Return what writes a row of CSV: the cells of a file, and results; None becomes an empty cell.

    It writes what the library writes, which is slow: cells that need no quotes are joined, and results are made once.
    """
    usual = csv.writer(output, delimiter=delimiter, lineterminator="\n").writerow
    # With this line end the library leaves a carriage return without quotes, and readers take it for another.
    quoted = csv.writer(output, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
    texts: dict[Results, str] = {}

    def write(cells: list[str], results: Results) -> object:
        joined = delimiter.join(cells)
        if _ODD(joined) is None and joined.count(delimiter) == len(cells) - 1:
            text = texts.get(results)
            if text is None:
                if len(texts) >= _MOST_RESULTS:
                    texts.clear()
                text = texts[results] = results_text(results, delimiter)
            return output.write(joined + text)
        return (quoted if "\r" in joined else usual)([*cells, *results])

    return write


def results_text(results: Results, delimiter: str) -> str:
    """Return what stands behind the cells of a row that needs no quotes, with the delimiter in front and a line end."""
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter, lineterminator="\n").writerow(["", *results])
    return output.getvalue()
