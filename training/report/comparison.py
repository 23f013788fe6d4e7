"""What ``compare`` found: as JSON, and as a table."""

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from training.compare import Score
from training.folds import Grouping


class Comparison(msgspec.Struct, frozen=True):
    """What ``--json`` writes."""

    templates: int
    labels: int
    folds: int
    grouped_by: Grouping
    groups: int
    seed: int
    scores: list[Score]


def show(comparison: Comparison, console: Console) -> None:
    """Print a comparison."""
    console.print(
        f"{comparison.templates:,} templates, {comparison.labels} labels, {comparison.folds} folds, no "
        f"{comparison.grouped_by} in two of them; the encoder as installed, embedding time apart"
    )
    if comparison.grouped_by == "template":
        console.print(
            "all rows are of one source, so these figures say nothing of other systems; "
            "a column `source` that tells systems apart would"
        )
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("classifier")
    for name in ("accuracy", "macro-F1", "ECE", "coverage at 90 %", "at 95 %", "training s", "µs a template"):
        table.add_column(name, justify="right")
    for score in comparison.scores:
        table.add_row(
            score.name,
            f"{score.accuracy:.3f}",
            f"{score.macro_f1:.3f}",
            f"{score.calibration_error:.3f}",
            f"{score.coverage_at_90:.3f}",
            f"{score.coverage_at_95:.3f}",
            f"{score.training_seconds:.1f}",
            f"{score.microseconds:,.0f}",
        )
    console.print(table)
