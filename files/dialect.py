"""How a CSV file is written: its delimiter, where its header is, and the ways to read a line that breaks the rules."""

import csv
from collections.abc import Sequence

from files.columns import MESSAGE_NAMES, find

DELIMITERS = ",;\t|"
MAX_FIELD_CHARS = 64 << 20
_MOST_LINES = 1_000  # of a record with backslashes before its quotes
_RETURN, _QUOTE, _BACKSLASH = "\ue000", "\ue001", "\ue002"  # for private use: in no text of others


def delimiter_of(line: str, message: str | None) -> str:
    """Return the delimiter of a header line: the one that gives the column of the message, or the commonest."""

    def score(delimiter: str) -> tuple[bool, int]:
        names = header_cells(line, delimiter)
        return find(names, message, MESSAGE_NAMES) is not None, line.count(delimiter)

    return max(DELIMITERS, key=score)


def header_cells(line: str, delimiter: str) -> list[str]:
    """Return the names in a header, which may hold line ends within quotes, without spaces around them."""
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return [cell.strip() for cell in cells]


def named_delimiter(line: str) -> str | None:
    """Return the delimiter that a line ``sep=;`` names, as spreadsheets write it; None for any other line."""
    body = line.rstrip("\r\n").strip('"')
    return body[4] if len(body) == 5 and body[:4].lower() == "sep=" else None


def is_blank(line: str) -> bool:
    """Return whether a line has no cell with anything in it."""
    return not line.strip(DELIMITERS + '" \r\n')


def parsed(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one record, None where quotes are not closed or have text behind them."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def with_backslashes(lines: Sequence[str], delimiter: str) -> tuple[list[str], int] | None:
    r"""Return the cells of the record that begins in the first line, and its number of lines.

    Quotes within are written ``\"`` and backslashes ``\\``. None where it cannot be read so.
    """
    if '\\"' not in lines[0]:
        return None
    text = ""
    for number, line in enumerate(lines[:_MOST_LINES], start=1):
        text += line.replace("\\\\", _BACKSLASH).replace('\\"', _QUOTE)
        if '"' in line:
            cells = parsed(text, delimiter)
            if cells is not None:
                return [cell.replace(_QUOTE, '"').replace(_BACKSLASH, "\\") for cell in cells], number
    return None


def with_returns(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line with carriage returns in cells without quotes; None if it is not one."""
    body = line.rstrip("\r\n")
    if "\r" not in body:
        return None
    cells = parsed(body.replace("\r", _RETURN), delimiter)
    return None if cells is None else [cell.replace(_RETURN, "\r") for cell in cells]


def plain_cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line without regard to quotes."""
    return line.rstrip("\r\n").split(delimiter)
