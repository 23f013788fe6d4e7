"""All that the store has of one template, and what the verdicts topic says."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from console.store.found import rows_of
from console.store.ids import id_text, read_id
from console.store.rows import GivenVerdict, Point, Said, TemplateDetail
from console.store.schema import HOUR_MS, MINUTE_MS


def template(connection: sqlite3.Connection, id: str, now_ms: int) -> TemplateDetail | None:
    """Return all that is known of a template; None where the store has none of that id."""
    found = connection.execute(
        "SELECT number, example FROM templates JOIN texts USING (number) WHERE id = ?", [read_id(id)]
    ).fetchone()
    if found is None:
        return None
    number, example = found
    return TemplateDetail(
        rows_of(connection, [number], now_ms)[number],
        tuple(_history(connection, number)),
        tuple(verdicts_on(connection, [id])),
        tuple(_points(connection, "minute", MINUTE_MS, number)),
        tuple(_points(connection, "hour", HOUR_MS, number)),
        example,
    )


def verdicts_on(connection: sqlite3.Connection, ids: Iterable[str]) -> list[GivenVerdict]:
    """Return what the verdicts topic says of templates, the newest first."""
    numbers = [number for id in ids if (number := read_id(id)) is not None]
    return _verdicts(connection, f"id IN ({', '.join('?' * len(numbers))})", numbers, -1)


def corrections(connection: sqlite3.Connection, limit: int = 100) -> list[GivenVerdict]:
    """Return what people have said of templates, the newest first."""
    return _verdicts(connection, "by = 'person'", [], limit)


def _history(connection: sqlite3.Connection, number: int) -> Iterable[Said]:
    found = connection.execute(
        "SELECT label.name, tier.name, rule.name, best_guess.name, bundle.name, h.events, h.first_ms, h.last_ms "
        "FROM history h JOIN names label ON label.id = h.label JOIN names tier ON tier.id = h.tier "
        "JOIN names rule ON rule.id = h.rule JOIN names best_guess ON best_guess.id = h.best_guess "
        "JOIN names bundle ON bundle.id = h.bundle WHERE template = ? ORDER BY h.last_ms DESC, h.first_ms DESC",
        [number],
    )
    for label, tier, rule, best_guess, bundle, events, first_ms, last_ms in found:
        yield Said(label, tier, rule or None, best_guess or None, bundle, events, first_ms, last_ms)


def _points(connection: sqlite3.Connection, unit: str, unit_ms: int, number: int) -> Iterable[Point]:
    """Yield the events of a template by minute or by hour; one look-up for each there is any count of."""
    table = f"template_{unit}s"
    found = connection.execute(
        f"WITH RECURSIVE spans(at, last) AS ("
        f"SELECT (SELECT min({unit}) FROM {table}), (SELECT max({unit}) FROM {table}) "
        "UNION ALL SELECT at + 1, last FROM spans WHERE at < last) "
        f"SELECT at, events FROM spans CROSS JOIN {table} ON {unit} = at AND template = ? ORDER BY at",
        [number],
    )
    return (Point(at * unit_ms, events) for at, events in found)


def _verdicts(
    connection: sqlite3.Connection, condition: str, values: list[Any], limit: int
) -> list[GivenVerdict]:
    found = connection.execute(
        "SELECT id, text, source, by, label, confidence, author, at_ms, taxonomy FROM verdicts "
        f"WHERE {condition} ORDER BY at_ms DESC, id LIMIT ?",
        [*values, limit],
    )
    return [GivenVerdict(id_text(id), *rest) for id, *rest in found]
