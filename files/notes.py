"""What was odd in a file, counted while it is read, and said in sentences."""

from dataclasses import dataclass, field

_FIRST = 5


@dataclass
class Notes:
    """Counts of what was odd; ``quote_lines`` are the numbers of the first lines with a quote that is not closed."""

    rows: int = 0
    without_message: int = 0
    windows_lines: int = 0
    replaced_lines: int = 0
    quotes: int = 0
    quote_lines: list[int] = field(default_factory=list)
    surplus_rows: int = 0
    unreadable_lines: int = 0

    def add_quote(self, line: int) -> None:
        """Count a line whose quotes do not add up."""
        self.quotes += 1
        if len(self.quote_lines) < _FIRST:
            self.quote_lines.append(line)


def sentences(notes: Notes) -> list[str]:
    """Return a sentence for each kind of thing that was odd."""
    found = []
    if notes.quotes:
        lines = ", ".join(f"{line:,}" for line in notes.quote_lines)
        more = f" and {notes.quotes - len(notes.quote_lines):,} more" if notes.quotes > _FIRST else ""
        found.append(
            f"{count(notes.quotes, 'line has', 'lines have')} a quote that is not closed or has text behind it, "
            f"and {'was' if notes.quotes == 1 else 'were'} read as plain cells, quotes and all: line {lines}{more}"
        )
    if notes.windows_lines:
        found.append(
            f"{count(notes.windows_lines, 'line is', 'lines are')} not UTF-8 and "
            f"{'was' if notes.windows_lines == 1 else 'were'} read as Windows-1252; "
            "name another encoding with --encoding"
        )
    if notes.replaced_lines:
        found.append(
            f"{count(notes.replaced_lines, 'line has', 'lines have')} bytes that do not fit the encoding; "
            "each stands as \ufffd in the output"
        )
    if notes.surplus_rows:
        found.append(
            f"{count(notes.surplus_rows, 'row', 'rows')} had more cells than the header, joined in the last column"
        )
    if notes.unreadable_lines:
        found.append(
            f"lines that are not JSON objects stand in the output as `unreadable`: {notes.unreadable_lines:,}"
        )
    silent = notes.without_message - notes.unreadable_lines
    if silent:
        found.append(f"{count(silent, 'row has', 'rows have')} no message, so the label says nothing")
    return found


def count(number: int, one: str, more: str) -> str:
    """Return a number with the word that goes with it."""
    return f"{number:,} {one if number == 1 else more}"
