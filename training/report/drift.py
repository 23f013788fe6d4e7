"""The drift of a file as a table and as sentences, for the terminal and the page."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from files.terminal import printable
from training.drift import Drift

_SHOWN = 5
_MESSAGE_CHARS = 120
HEADER = ["label", "of the training rows", "published here"]


def sentences(drift: Drift) -> Iterator[str]:
    """Yield what is to be said of the drift of a file."""
    if drift.unfamiliar is not None:
        yield (
            f"{drift.unfamiliar:.1%} of the templates, and {drift.unfamiliar_lines:.1%} of the lines, have few words "
            "that the bundle was trained on."
        )
    if drift.mix_distance is not None:
        yield (
            f"{drift.mix_distance:.1%} of the templates would need another label for the mix of labels of the training "
            "rows; Unclassified is left out."
        )


def mix(drift: Drift) -> list[list[str]]:
    """Return the rows of the table of labels, as texts."""
    return [[each.label, f"{each.trained:.3f}", f"{each.published:.3f}"] for each in drift.mix]


def show_drift(drift: Drift, console: Console) -> None:
    """Print the sentences, and the first of the unfamiliar messages."""
    said = list(sentences(drift))
    if said:
        console.print(Text("\ndrift against what the bundle was trained on", style="bold"))
    for sentence in said:
        console.print(Text(sentence))
    for each in drift.examples[:_SHOWN]:
        console.print(Text(f"  {each.lines:,} x {printable(each.message, _MESSAGE_CHARS)}"))
