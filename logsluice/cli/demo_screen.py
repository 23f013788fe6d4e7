"""What ``logsluice demo`` shows: a table of labels while it runs, and at the end what to alert on."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec
from rich.table import Table
from rich.text import Text

from files.terminal import printable
from pipeline.verdict import UNCLASSIFIED

PARTS = 10
"""The demo is looked at in so many parts of the same length, to see what has become more."""
RISE = 3.0
"""A label is worth an alert that comes so many times as often as in the first part."""
LEAST = 5
"""Fewer events than this in a part are no rise."""
QUIET = frozenset({"HTTP Status", "User Action", "System Notification", UNCLASSIFIED})
"""What people chart, and seldom alert on."""


class Alert(msgspec.Struct, frozen=True):
    """A label that has become more: events a second at the start and at its worst, and what most of them say."""

    label: str
    before: float
    worst: float
    source: str
    template: str


class Tally:
    """What has been sent, and what has come out, by label."""

    def __init__(self) -> None:
        self.sent = 0
        self.labels: Counter[str] = Counter()
        self.tiers: Counter[str] = Counter()
        self.dead = 0
        self.latest: dict[str, tuple[str, str]] = {}
        self._parts: dict[str, list[int]] = defaultdict(lambda: [0] * PARTS)
        self._kinds: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)

    @property
    def out(self) -> int:
        """How many events have come out, dead letters among them."""
        return self.labels.total() + self.dead

    def take(self, record: bytes, place: float) -> None:
        """Count a labelled record that came out at a place of the demo, from 0 to 1."""
        event = msgspec.json.decode(record)
        verdict = event["classification"]
        label, source = verdict["label"], event["source"]
        self.labels[label] += 1
        self.tiers[verdict["tier"]] += 1
        self.latest[label] = (source, event["log_message"])
        self._parts[label][min(int(place * PARTS), PARTS - 1)] += 1
        self._kinds[label][source, verdict["template"]] += 1

    def table(self, title: str) -> Table:
        """Return the labels with how many events each has, and the latest of them."""
        table = Table(title=title, title_justify="left", expand=True)
        table.add_column("label", no_wrap=True)
        table.add_column("events", justify="right")
        table.add_column("latest", no_wrap=True, overflow="ellipsis", ratio=1)
        for label, count in self.labels.most_common():
            source, message = self.latest[label]
            table.add_row(
                label, f"{count:,}", Text.assemble((printable(source), "dim"), "  ", printable(message))
            )
        table.add_row(
            "[dim]dead letters[/]", f"{self.dead:,}", "[dim]what cannot be decoded, kept as it came[/]"
        )
        return table

    def alerts(self, seconds: float) -> list[Alert]:
        """Return what to alert on in a demo of so many seconds, the steepest rise first."""
        part_s = seconds / PARTS
        found = []
        for label, parts in self._parts.items():
            before, worst = parts[0], max(parts)
            if label not in QUIET and worst >= max(LEAST, RISE * before):
                found.append(Alert(label, before / part_s, worst / part_s, *self._most_of(label)))
        return sorted(found, key=lambda alert: alert.worst - alert.before, reverse=True)

    def _most_of(self, label: str) -> tuple[str, str]:
        """Return the source that has a label most often, and its most frequent template."""
        kinds = self._kinds[label]
        sources: Counter[str] = Counter()
        for (source, _), count in kinds.items():
            sources[source] += count
        most = sources.most_common(1)[0][0]
        return next(kind for kind, _ in kinds.most_common() if kind[0] == most)


def alert_lines(alerts: list[Alert]) -> Iterator[Text]:
    """Yield the summary of what to alert on, line by line."""
    if not alerts:
        return
    yield Text("What to alert on:", style="bold")
    width = max(len(alert.label) for alert in alerts)
    for alert in alerts:
        rise = f"from {alert.before:.1f} to {alert.worst:.1f} a second, most of it {printable(alert.source)}"
        yield Text.assemble("  ", (alert.label.ljust(width), "bold"), f"  {rise}:")
        yield Text(f"  {'':{width}}  {printable(alert.template)}")
    yield Text("In Prometheus:")
    yield Text(
        f'  sum(rate(logsluice_events_labelled_total{{label="{alerts[0].label}"}}[1m])) > {alerts[0].worst / 2:.0f}'
    )
