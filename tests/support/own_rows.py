"""Labelled rows of a shop, a warehouse and a building, and what a bundle trained from them says."""

import csv
from collections.abc import Iterable
from pathlib import Path

from files.labelled import Reading
from pipeline.bundle import read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from pipeline.verdict import Verdict
from training.rows import Row, read_rows

PHRASES = {
    "Payment": (
        ("invoice", "refund", "card payment", "bank transfer", "credit note", "direct debit", "bill", "receipt"),
        ("{} was settled", "could not charge {}", "{} is overdue by {} days", "{} was booked twice",
         "amount of {} is in the wrong currency", "the bank sent {} back", "customer disputes {}", "VAT of {}"),
    ),
    "Delivery": (
        ("parcel", "pallet", "courier van", "return shipment", "container", "letter", "crate", "consignment"),
        ("{} left the depot", "driver could not find the address of {}", "{} arrived {} hours late",
         "customs holds {}", "{} was damaged on the road", "{} is on its way", "route of {} changed",
         "neighbour took {}"),
    ),
    "Climate": (
        ("greenhouse", "server room", "cold store", "cellar", "office", "attic", "hall", "incubator"),
        ("humidity in {} rose to {} percent", "{} is too warm", "fan of {} started", "window in {} is open",
         "thermostat of {} set to {} degrees", "frost warning for {}", "{} cooled down", "air in {} is stale"),
    ),
}  # fmt: skip
MEANINGS = {
    "Climate": "the air in a room",
    "Payment": "money",
    "Delivery": "goods on the road",
    "Unused": "x",
}
RULES_TEXT = "- {name: frost, label: Climate, pattern: black ice, match: [black ice on the ramp]}\n"


def rows() -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Return (label, source, message) rows to train on, and some to hold back: words in new company."""
    training: list[tuple[str, str, str]] = []
    held_back: list[tuple[str, str, str]] = []
    for label, (subjects, phrases) in PHRASES.items():
        for i, subject in enumerate(subjects):
            for j, phrase in enumerate(phrases):
                message = phrase.format(f"{subject} {100 * i + j}", 7 * j)
                (held_back if (i + 3 * j) % 8 == 0 else training).append((label, f"app-{j % 2}", message))
    return training, held_back


def write_csv(path: Path, content: Iterable[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["target_label", "source", "log_message"])
        writer.writerows(content)
    return path


def training_rows(path: Path) -> list[Row]:
    with path.open("rb") as stream:
        return read_rows(stream, str(path), Reading(), lambda note: None)


def verdicts(bundle: Path) -> list[Verdict]:
    """Return what a bundle says of the rows that were held back."""
    return load_cascade(read_bundle(bundle)).label(
        [Event(source, message) for _, source, message in rows()[1]]
    )
