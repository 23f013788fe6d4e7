"""Whether a bundle is worse than another beyond noise, as a table and a sentence."""

from rich.console import Console
from rich.text import Text

from files.terminal import printable
from training.paired import Comparison, Difference
from training.report.titled import titled

HEADER = ("", "templates", "against", "now", "change", "interval", "")
_IN_WORDS = {"worse": "worse", "better": "better", "same": "within noise"}


def cells(difference: Difference) -> list[str]:
    """Return a row of the table, a cell for each of `HEADER`."""
    return [
        difference.name,
        f"{difference.support:,}",
        f"{difference.before:.3f}",
        f"{difference.after:.3f}",
        f"{difference.change:+.3f}",
        f"{difference.lower:+.3f} to {difference.upper:+.3f}",
        _IN_WORDS[difference.outcome],
    ]


def title_of(comparison: Comparison) -> str:
    """Return what the figures are."""
    return (
        f"worse beyond noise? by template, {comparison.level * 100:.0f} % intervals of {comparison.resamples:,} paired "
        "resamples, wider for labels; F1 of labels as published"
    )


def differences(comparison: Comparison) -> tuple[Difference, ...]:
    """Return the rows of the table: figures of the whole, then labels."""
    return (comparison.published, comparison.wrong, comparison.guessed, *comparison.labels)


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the table, and the sentence."""
    table = titled(title_of(comparison))
    for place, column in enumerate(HEADER):
        table.add_column(column, justify="left" if place in (0, 6) else "right", overflow="fold")
    for each in differences(comparison):
        table.add_row(*(Text(printable(cell)) for cell in cells(each)))
    console.print(table)
    console.print(Text(printable(comparison.sentence), style="bold"))
    console.print()
