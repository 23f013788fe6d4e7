"""What ``discover`` prints: the clusters as a table, the largest first, and what is in none."""

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from files.notes import count
from files.terminal import printable
from training.discovery.discovery import Cluster, Discovery

MOST_CLUSTERS = 40
_MOST_PARTS = 3
_EXAMPLE_CHARS = 160


def show(found: Discovery, console: Console, most: int = MOST_CLUSTERS) -> None:
    """Print what was found; ``most`` clusters of it."""
    for sentence in sentences(found):
        console.print(Text(sentence))
    if not found.clusters:
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("cluster", overflow="fold", ratio=3)
    table.add_column("templates", justify="right", no_wrap=True)
    table.add_column("events", justify="right", no_wrap=True)
    table.add_column("labels", overflow="fold", ratio=3)
    table.add_column("sources", overflow="fold", ratio=3)
    table.add_column("most frequent template", overflow="fold", ratio=6)
    for each in found.clusters[:most]:
        table.add_row(*(Text(cell) for cell in _cells(each)))
    console.print(table)
    if len(found.clusters) > most:
        console.print(
            Text(f"and {len(found.clusters) - most:,} smaller clusters: --json and --html have them all")
        )


def sentences(found: Discovery) -> list[str]:
    """Return what is to be known of all that was found."""
    looked_at = len(found.templates)
    alone = sum(each.cluster < 0 for each in found.templates)
    said = [
        f"{printable(found.input)}: {count(found.events, 'event', 'events')}, "
        f"{count(found.distinct_templates, 'template', 'templates')}; labels by {printable(found.bundle)}",
        f"{count(len(found.clusters), 'cluster', 'clusters')} ({found.clustered_by}), "
        f"{count(alone, 'template', 'templates')} unclustered; {found.projection_said}",
    ]
    if found.left_out_events:
        said.insert(
            1,
            f"the {looked_at:,} most frequent templates were looked at; the others have "
            f"{found.left_out_events / found.events:.1%} of the events",
        )
    return said


def _cells(cluster: Cluster) -> tuple[str, ...]:
    example = printable(" ".join(cluster.examples[0].split()), _EXAMPLE_CHARS)
    return (
        printable(cluster.name),
        f"{cluster.templates:,}",
        f"{cluster.events:,}",
        _shares(cluster.labels, cluster.events),
        _shares(cluster.sources, cluster.events),
        example,
    )


def _shares(counts: Mapping[str, int], whole: int) -> str:
    """Return the largest parts of a whole, with the share of each where there are several."""
    if len(counts) == 1:
        return printable(next(iter(counts)) or "(none)")
    parts = [
        f"{printable(name) or '(none)'} {part / whole:.0%}"
        for name, part in list(counts.items())[:_MOST_PARTS]
    ]
    more = [f"{len(counts) - _MOST_PARTS} more"] if len(counts) > _MOST_PARTS else []
    return ", ".join(parts + more)
