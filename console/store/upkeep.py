"""Keeps the store within its bounds: by age, by the number of templates, and by that of rows of counts."""

import json
import sqlite3

import msgspec

from console.store.schema import HOUR_MS, MINUTE_MS
from console.store.spans import MINUTES_KEPT
from console.store.writer import Writer

LABEL_MINUTES_KEPT = 48 * 60
AT_ONCE = 10_000
"""Templates that are removed in one transaction, so that none takes long."""


class Bounds(msgspec.Struct, frozen=True):
    """What the store may hold. ``rows`` bounds the counts by template and hour."""

    retention_ms: int
    templates: int
    rows: int


def tidy(writer: Writer, bounds: Bounds, now_ms: int) -> None:
    """Remove what is older than it is kept, and what there is no room for: what was not seen for the longest."""
    with writer.transaction():
        _drop_spans(writer.connection, bounds, now_ms)
    while _drop_templates(writer, bounds, now_ms):
        pass
    while _drop_oldest_hour(writer, bounds):
        pass
    with writer.transaction():
        writer.connection.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM template_sources)")
    writer.read_names()


def _drop_spans(connection: sqlite3.Connection, bounds: Bounds, now_ms: int) -> None:
    minute, hour = now_ms // MINUTE_MS, (now_ms - bounds.retention_ms) // HOUR_MS
    for table, unit, first in (
        ("template_minutes", "minute", minute - MINUTES_KEPT),
        ("label_minutes", "minute", minute - LABEL_MINUTES_KEPT),
        ("dead_minutes", "minute", minute - LABEL_MINUTES_KEPT),
        ("template_hours", "hour", hour),
        ("label_hours", "hour", hour),
        ("dead_hours", "hour", hour),
    ):
        connection.execute(f"DELETE FROM {table} WHERE {unit} < ?", [first])


def _drop_templates(writer: Writer, bounds: Bounds, now_ms: int) -> bool:
    """Remove some of the templates that are too old or too many; return whether there may be more of these."""
    connection = writer.connection
    [(held,)] = connection.execute("SELECT count(*) FROM templates")
    found = connection.execute(
        "SELECT number FROM templates WHERE read_ms < ? LIMIT ?",
        [now_ms - bounds.retention_ms, AT_ONCE],
    ).fetchall()
    if not found and held > bounds.templates:
        excess = held - bounds.templates
        found = connection.execute(
            "SELECT number FROM templates ORDER BY read_ms, number LIMIT ?", [min(excess, AT_ONCE)]
        ).fetchall()
    if not found:
        return False
    gone = json.dumps([number for (number,) in found])
    those = "(SELECT value FROM json_each(?))"
    with writer.transaction():
        connection.execute(
            "INSERT INTO search(search, rowid, template) "
            f"SELECT 'delete', number, template FROM texts WHERE number IN {those}",
            [gone],
        )
        for table, column in (
            ("texts", "number"),
            ("templates", "number"),
            ("history", "template"),
            ("template_sources", "template"),
        ):
            connection.execute(f"DELETE FROM {table} WHERE {column} IN {those}", [gone])
    return True


def _drop_oldest_hour(writer: Writer, bounds: Bounds) -> bool:
    """Remove the counts by template of the oldest hour, where there are too many; return whether there may be more."""
    connection = writer.connection
    [(rows,)] = connection.execute("SELECT count(*) FROM template_hours")
    if rows <= bounds.rows:
        return False
    with writer.transaction():
        connection.execute("DELETE FROM template_hours WHERE hour = (SELECT min(hour) FROM template_hours)")
    return True
