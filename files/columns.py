"""Which column holds what: by the name that the user gave, else by the names that such columns usually have."""

from collections.abc import Sequence

from files.errors import InputFileError

MESSAGE_NAMES = ("log_message", "message", "msg", "log", "text", "content", "body", "event")
SOURCE_NAMES = ("source",)
LABEL_NAMES = ("target_label", "label", "true_label", "category", "class")
LINES_NAMES = ("count", "occurrences")


def find(columns: Sequence[str], wanted: str | None, usual: Sequence[str]) -> str | None:
    """Return the column with the wanted name, else with the first of the usual ones; None if there is none.

    Case does not count, nor whether words are joined by a space, a hyphen or an underscore, where no column has
    just the name.
    """
    by_name = {_plain(column): column for column in reversed(columns)}
    for name in usual if wanted is None else (wanted,):
        if name in columns:
            return name
        if _plain(name) in by_name:
            return by_name[_plain(name)]
    return None


def missing(
    name: str, columns: Sequence[str], wanted: str | None, usual: Sequence[str], option: str
) -> InputFileError:
    """Return the error that a file ``name`` lacks a column; it names those that there are."""
    if not columns:
        return InputFileError(f"{name} is empty: it needs a header line, and a row for each event")
    looked_for = repr(wanted) if wanted is not None else " or ".join(map(repr, usual))
    there = ", ".join(map(repr, columns))
    return InputFileError(
        f"{name} has no column {looked_for}, only {there}: name the right one with {option}"
    )


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
