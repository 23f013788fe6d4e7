"""Events over time, by label and by reason of death."""

import sqlite3
from typing import Literal

from console.store.rows import Counts
from console.store.schema import HOUR_MS, MINUTE_MS

By = Literal["label", "tier"]


def counts(
    connection: sqlite3.Connection, window_s: int, step_s: int, now_ms: int, by: By = "label"
) -> Counts:
    """Return the events of the last ``window_s`` seconds by label or by tier, in steps of ``step_s``.

    A step is a whole number of minutes, or of hours: steps of whole hours are read from the counts by hour, which
    reach back as far as the store does, others from those by minute. The last step is the one that is not over.
    """
    return _counts(
        connection,
        "label",
        f"SELECT {{unit}}, name, sum(events) FROM {{table}} JOIN names ON names.id = {by} "
        f"WHERE {{unit}} >= ? GROUP BY {{unit}}, {by}",
        (window_s, step_s, now_ms),
    )


def dead_letters(connection: sqlite3.Connection, window_s: int, step_s: int, now_ms: int) -> Counts:
    """Return the dead letters of the last ``window_s`` seconds by reason, as `counts` does the events by label."""
    return _counts(
        connection,
        "dead",
        "SELECT {unit}, name, events FROM {table} JOIN names ON names.id = reason WHERE {unit} >= ?",
        (window_s, step_s, now_ms),
    )


def _counts(connection: sqlite3.Connection, kind: str, query: str, span: tuple[int, int, int]) -> Counts:
    window_s, step_s, now_ms = span
    hours = step_s % 3600 == 0
    unit, unit_ms = ("hour", HOUR_MS) if hours else ("minute", MINUTE_MS)
    step_ms = step_s * 1000
    last_step = now_ms // step_ms
    steps = max(window_s // step_s, 1)
    start_ms = (last_step - steps + 1) * step_ms
    series: dict[str, list[int]] = {}
    for at, name, events in connection.execute(
        query.format(unit=unit, table=f"{kind}_{unit}s"), [start_ms // unit_ms]
    ):
        place = (at * unit_ms - start_ms) // step_ms
        if 0 <= place < steps:
            series.setdefault(name, [0] * steps)[place] += events
    return Counts(start_ms, step_s, series)
