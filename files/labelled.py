"""Read a CSV file whose rows have labels: what `evaluate` judges a bundle by."""

from pathlib import Path
from typing import NamedTuple

from files.tables import CsvTable, InputFileError, open_text
from pipeline.verdict import UNCLASSIFIED
from training.evaluation import Labelled

LABEL_COLUMNS = ("target_label", "label")
LINES_COLUMNS = ("count", "occurrences")


class Columns(NamedTuple):
    """The names of the columns to read; None stands for the usual names, where they are there."""

    source: str | None = None
    message: str = "log_message"
    label: str | None = None
    lines: str | None = None


def read_labelled(path: Path, columns: Columns, encoding: str | None = None) -> list[Labelled]:
    """Read every row of a labelled CSV file.

    Raises:
        InputFileError: it cannot be read, lacks a column, or has a row without message, label or number of
            lines.
    """
    try:
        with path.open("rb") as raw, open_text(raw, encoding) as text:
            table = CsvTable(
                text, columns.source or "source", columns.message, source_is_due=columns.source is not None
            )
            label = _column(table, columns.label, LABEL_COLUMNS, "--label-column")
            if label is None:
                raise InputFileError(
                    f"{path} has no column {' or '.join(map(repr, LABEL_COLUMNS))}, only "
                    f"{', '.join(map(repr, table.columns))}: name the one with the true labels with "
                    "--label-column"
                )
            lines = _column(table, columns.lines, LINES_COLUMNS, "--lines-column")
            rows = []
            for number, (event, cells) in enumerate(table.rows(), start=1):
                assert isinstance(cells, list)  # noqa: S101 - for mypy: it is what a CSV table gives
                if not event.message.strip() or not cells[label].strip():
                    what = "message" if not event.message.strip() else "label"
                    raise InputFileError(
                        f"{path}, row {number}: there is no {what}; fill it in or drop the row"
                    )
                count = _lines(cells[lines], path, number) if lines is not None else 1
                rows.append(
                    Labelled(_sound(event.source), event.message, _sound(cells[label].strip()), count)
                )
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise InputFileError(f"{path} cannot be read: {error}; name its encoding with --encoding") from error
    if not rows:
        raise InputFileError(f"{path} has a header and no row: there is nothing to judge by")
    return rows


def refuse_foreign(rows: list[Labelled], labels: tuple[str, ...], bundle: str) -> None:
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


def unknown_labels(rows: list[Labelled], labels: tuple[str, ...]) -> dict[str, int]:
    """Return the labels of rows that a bundle can never give, with how many rows have each."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.label not in labels and row.label != UNCLASSIFIED:
            counts[row.label] = counts.get(row.label, 0) + 1
    return counts


def _column(table: CsvTable, name: str | None, usual: tuple[str, ...], option: str) -> int | None:
    if name is not None and name not in table.columns:
        raise InputFileError(
            f"the input has no column {name!r}, only {', '.join(map(repr, table.columns))}: "
            f"name the right one with {option}"
        )
    found = [each for each in ((name,) if name else usual) if each in table.columns]
    return table.columns.index(found[0]) if found else None


def _lines(cell: str, path: Path, number: int) -> int:
    try:
        count = int(cell.strip())
    except ValueError:
        count = 0
    if count < 1:
        raise InputFileError(
            f"{path}, row {number}: {cell!r} is no number of lines; it must be 1 or more"
            " (another column can be named with --lines-column)"
        )
    return count


def _sound(text: str) -> str:
    """Return text that can be written as UTF-8, whatever bytes it was read from."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
