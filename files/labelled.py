"""Files whose rows have labels: what bundles are trained from and judged by."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from files.blocks import START_BYTES
from files.columns import LABEL_NAMES, LINES_NAMES
from files.errors import InputFileError
from files.formats import open_table
from files.table import Columns, Format, Table
from pipeline.verdict import UNCLASSIFIED


class Labelled(msgspec.Struct, frozen=True):
    """A row of a labelled file: a message, its true label, and how many lines it stands for."""

    source: str
    message: str
    label: str
    lines: int = 1


class Reading(msgspec.Struct, frozen=True):
    """How to read files: the names of their columns, their format and their encoding; None to find each out."""

    columns: Columns = Columns()
    format: Format | None = None
    encoding: str | None = None


@contextmanager
def opened(source: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Yield a file, or standard input where that is ``-``, with the name that errors call it.

    Raises:
        InputFileError: it cannot be opened.
    """
    if str(source) == "-":
        with open(0, "rb", buffering=START_BYTES, closefd=False) as file:
            yield file, "standard input"
        return
    try:
        opened_file = source.open("rb", buffering=START_BYTES)
    except OSError as error:
        raise InputFileError(f"{source} cannot be read: {error.strerror}") from error
    with opened_file:
        yield opened_file, str(source)


def open_labelled(
    stream: BinaryIO, name: str, reading: Reading, usual_lines: Sequence[str] = LINES_NAMES
) -> tuple[Table, Iterator[Labelled]]:
    """Return the table that a stream holds, and its rows with their labels, to be iterated over once.

    ``usual_lines`` are the names of columns that say for how many lines a row stands, where none is named.

    Raises:
        InputFileError: at once, or while iterating: it cannot be read, lacks a column, or has a row without
            message, label or number of lines.
    """
    table = open_table(stream, name, reading.columns, reading.format, reading.encoding)
    label = table.cell(reading.columns.label, LABEL_NAMES, "--label-column", needed=True)
    lines = table.cell(reading.columns.lines, usual_lines, "--lines-column", needed=False)
    assert label is not None  # noqa: S101 - for mypy: it was needed

    def rows() -> Iterator[Labelled]:
        for batch in table.batches():
            for event, kept, number in batch:
                truth = label(kept).strip()
                message = event.message.strip()
                if not message or not truth:
                    what = "label" if message else "message"
                    raise InputFileError(
                        f"{name}, line {number}: there is no {what}; fill it in or drop the row"
                    )
                count = lines_of(lines(kept), name, number) if lines is not None else 1
                yield Labelled(event.source.strip(), event.message, truth, count)

    return table, rows()


def similar_labels(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Return groups of labels that differ in nothing but case and white space."""
    groups: dict[str, dict[str, None]] = {}
    for label in labels:
        groups.setdefault(" ".join(label.split()).casefold(), {})[label] = None
    return [tuple(group) for group in groups.values() if len(group) > 1]


def refuse_foreign(rows: Sequence[Labelled], labels: tuple[str, ...], bundle: str) -> None:
    """Refuse a file whose labels are all of another taxonomy than the bundle's.

    Raises:
        InputFileError: no row has a label, `Unclassified` aside, that the bundle can give.
    """
    found = dict.fromkeys(row.label for row in rows)
    if not set(found) & set(labels):
        raise InputFileError(
            f"none of the labels in the file ({', '.join(list(found)[:5])}"
            f"{', ...' if len(found) > 5 else ''}) is one of {bundle}: {', '.join(labels)}"
        )


def unknown_labels(rows: Sequence[Labelled], labels: tuple[str, ...]) -> dict[str, int]:
    """Return the labels of rows that a bundle can never give, with how many rows have each."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.label not in labels and row.label != UNCLASSIFIED:
            counts[row.label] = counts.get(row.label, 0) + 1
    return counts


def lines_of(cell: str, name: str, number: int) -> int:
    """Return for how many lines a row stands; ``name`` and ``number`` are those of the file and its line.

    Raises:
        InputFileError: the cell holds no number of lines.
    """
    try:
        count = int(cell.strip() or 1)  # an object need not say
    except ValueError:
        count = 0
    if count < 1:
        raise InputFileError(
            f"{name}, line {number}: {cell!r} is no number of lines; it must be 1 or more"
            " (another column can be named with --lines-column)"
        )
    return count
