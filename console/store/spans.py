"""Events by minute and by hour. An event is counted in both; minutes are kept for hours, hours as long as all else."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from console.store.names import Names
from console.store.schema import HOUR_MS, MINUTE_MS
from console.store.tally import Seen

MINUTES_KEPT = 6 * 60
_OF_HOUR = HOUR_MS // MINUTE_MS
_Counts = Counter[tuple[int, ...]]


def write_counts(
    connection: sqlite3.Connection,
    names: Names,
    of_template: Mapping[int, list[Seen]],
    now_ms: int,
    retention_ms: int,
) -> None:
    """Add the events of a batch to the counts of their spans; those that are not kept any more are left out."""
    first_minute, first_hour = now_ms // MINUTE_MS - MINUTES_KEPT, (now_ms - retention_ms) // HOUR_MS
    counts: defaultdict[str, _Counts] = defaultdict(Counter)
    for number, each in of_template.items():
        for seen in each:
            hour, events = seen.minute // _OF_HOUR, seen.events
            label = (names.of(seen.said.label), names.of(seen.said.tier))
            if seen.minute >= first_minute:
                counts["template_minutes"][seen.minute, number] += events
                counts["label_minutes"][(seen.minute, *label)] += events
            if hour >= first_hour:
                counts["template_hours"][hour, number] += events
                counts["label_hours"][(hour, *label)] += events
    for table, of_table in counts.items():
        _add(connection, table, of_table)


def write_dead(connection: sqlite3.Connection, names: Names, dead: Counter[tuple[int, str]]) -> None:
    """Add dead letters, given by minute and reason, to the counts of their spans."""
    for table, minutes in (("dead_minutes", 1), ("dead_hours", _OF_HOUR)):
        counts: _Counts = Counter()
        for (minute, reason), events in dead.items():
            counts[minute // minutes, names.of(reason)] += events
        _add(connection, table, counts)


def _add(connection: sqlite3.Connection, table: str, counts: _Counts) -> None:
    """Add counts to a table; their keys are those of its rows."""
    rows: list[Any] = sorted((*key, events) for key, events in counts.items())
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(
        f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO UPDATE SET events = events + excluded.events",
        rows,
    )
