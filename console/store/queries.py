"""What is asked of the store: pure functions over a connection. Each is quick however many templates there are."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from console.store.found import rows_of
from console.store.ids import read_id
from console.store.paging import after, cursor_of, order_of
from console.store.rows import (
    Filter,
    Page,
    PageOf,
    ReviewRow,
    TemplateRow,
    TopRow,
    Totals,
    Why,
)
from console.store.schema import HOUR_MS, MINUTE_MS

INDEXED_CHARS = 3
"""What is shorter is searched for in every template."""
_LARGEST = 2_000


def templates(connection: sqlite3.Connection, wanted: Filter, page: PageOf, now_ms: int) -> Page[TemplateRow]:
    """Return a page of the templates that are meant.

    Raises:
        ValueError: the cursor is not one of this list.
    """
    order = order_of(page.order)
    conditions, values = _conditions(connection, wanted)
    if page.cursor is not None:
        condition, more = after(page)
        conditions.append(condition)
        values += more
    found = connection.execute(
        f"SELECT number, {order.column} FROM templates WHERE {_all(conditions)} "
        f"ORDER BY {order.column} {order.direction}, number {order.direction} LIMIT ?",
        [*values, page.limit + 1],
    ).fetchall()
    shown = found[: page.limit]
    following = cursor_of(page.order, shown[-1]) if len(found) > page.limit else None
    return Page(tuple(rows_of(connection, [number for number, _ in shown], now_ms).values()), following)


def new(
    connection: sqlite3.Connection, since_ms: int, now_ms: int, limit: int = 100, label: str | None = None
) -> list[TemplateRow]:
    """Return the templates that were found new since a time, the newest first."""
    conditions, values = _conditions(connection, Filter(labels=(label,) if label is not None else ()))
    found = connection.execute(
        f"SELECT number FROM templates WHERE new_ms >= ? AND {_all(conditions)} "
        "ORDER BY new_ms DESC, number LIMIT ?",
        [max(since_ms, 1), *values, limit],
    )
    return [*rows_of(connection, [number for (number,) in found], now_ms).values()]


def top(
    connection: sqlite3.Connection,
    limit: int,
    window_s: int,
    now_ms: int,
    labels: Sequence[str] = (),
    source: str | None = None,
) -> list[TopRow]:
    """Return the templates with the most events in the last ``window_s`` seconds, the most frequent first.

    A window of more than an hour begins with a whole hour.
    """
    table, unit, unit_ms = (
        ("template_minutes", "minute", MINUTE_MS) if window_s <= 3600 else ("template_hours", "hour", HOUR_MS)
    )
    first = (now_ms - window_s * 1000) // unit_ms + 1
    sums = (
        f"SELECT template, sum(events) AS total FROM {table} WHERE {unit} >= ? AND template IN ({{among}}) "
        "GROUP BY template ORDER BY total DESC, template LIMIT ?"
    )
    found: list[tuple[int, int]] = []
    if not labels and source is None:
        # Most often the first are among those with the largest counts in one span. They are, for certain, where none
        # of the others can have as many: each of their counts is at most the last one that was looked at.
        largest = (
            f"SELECT template, events FROM {table} WHERE {unit} >= ? ORDER BY events DESC LIMIT {_LARGEST}"
        )
        among = f"SELECT template FROM ({largest})"
        found = connection.execute(sums.format(among=among), [first, first, limit]).fetchall()
        least = connection.execute(f"SELECT min(events) FROM ({largest})", [first]).fetchone()[0] or 0
        spans = now_ms // unit_ms - first + 1
        if len(found) < limit or found[-1][1] < spans * least:
            found = []
    if not found:
        conditions, values = _conditions(connection, Filter(labels=tuple(labels), source=source))
        among = f"SELECT number FROM templates WHERE {_all(conditions)}"
        found = connection.execute(sums.format(among=among), [first, *values, limit]).fetchall()
    rows = rows_of(connection, [number for number, _ in found], now_ms)
    return [TopRow(count, rows[number]) for number, count in found if number in rows]


def review_queue(
    connection: sqlite3.Connection, limit: int, wanted: Filter, now_ms: int, skip: int = 0
) -> list[ReviewRow]:
    """Return the templates that are most worth a look: many events, and an unsure label, or one an LLM disagrees with.

    What a rule or a person has decided is not among them; what was picked by its id is, unless a person has decided it.
    """
    conditions, values = _conditions(connection, wanted)
    if not wanted.ids:
        conditions.append("(confidence < 1.0 OR model NOT IN (0, label))")
    found = connection.execute(
        "SELECT number, events * CASE WHEN model IN (0, label) THEN 1.0 - confidence ELSE 1.0 END AS value "
        f"FROM templates WHERE person = 0 AND {_all(conditions)} "
        "ORDER BY value DESC, number LIMIT ? OFFSET ?",
        [*values, limit, skip],
    ).fetchall()
    rows = rows_of(connection, [number for number, _ in found], now_ms)
    return [ReviewRow(value, _why(rows[number]), rows[number]) for number, value in found]


def _why(row: TemplateRow) -> Why:
    if row.model_label not in (None, row.label):
        return "model disagrees"
    return "unclassified" if row.best_guess is not None else "unsure"


def texts(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the texts of those templates that the store has, by their ids, in the order of these."""
    found = {}
    for id in ids:
        row = connection.execute(
            "SELECT template FROM templates t JOIN texts USING (number) WHERE t.id = ?", [read_id(id)]
        ).fetchone()
        if row is not None:
            found[id] = row[0]
    return found


def totals(connection: sqlite3.Connection) -> Totals:
    """Return how much the store holds."""

    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    warm = connection.execute("SELECT value FROM meta WHERE name = 'warm_until_ms'").fetchone()
    return Totals(
        templates=one("SELECT count(*) FROM templates"),
        events=one("SELECT coalesce(sum(events), 0) FROM label_hours"),
        new_templates=one("SELECT coalesce(sum(templates), 0) FROM new_templates"),
        corrections=one("SELECT count(*) FROM verdicts WHERE by = 'person'"),
        file_bytes=one("PRAGMA page_count") * one("PRAGMA page_size"),
        warm_until_ms=warm[0] if warm else None,
    )


def conditions_of(connection: sqlite3.Connection, wanted: Filter) -> tuple[str, list[Any]]:
    """Return the condition on `templates` that a filter means, and its values."""
    conditions, values = _conditions(connection, wanted)
    return _all(conditions), values


def _conditions(connection: sqlite3.Connection, wanted: Filter) -> tuple[list[str], list[Any]]:
    """Return the conditions on `templates` that a filter means, and their values."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, names in (("label", wanted.labels), ("tier", wanted.tiers)):
        if names:
            marks = ", ".join("?" * len(names))
            conditions.append(f"{column} IN (SELECT id FROM names WHERE name IN ({marks}))")
            values += names
    for condition, value in (
        ("confidence >= ?", wanted.min_confidence),
        ("confidence <= ?", wanted.max_confidence),
        ("last_ms >= ?", wanted.seen_since_ms),
        ("first_ms >= ?", wanted.first_seen_since_ms),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if wanted.is_new:
        conditions.append("new_ms > 0")
    if wanted.ids:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps([read_id(id) for id in wanted.ids]))
    if wanted.source is not None:
        conditions.append(
            "number IN (SELECT template FROM template_sources s JOIN sources ON sources.id = s.source WHERE name = ?)"
        )
        values.append(wanted.source)
    search = wanted.search.replace("\0", "")  # it ends a query
    if 0 < len(search) < INDEXED_CHARS:
        conditions.append("number IN (SELECT number FROM texts WHERE instr(lower(template), lower(?)))")
        values.append(search)
    elif search:
        conditions.append("number IN (SELECT rowid FROM search WHERE search MATCH ?)")
        values.append('"' + search.replace('"', '""') + '"')
    return conditions, values


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "1"
