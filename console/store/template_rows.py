"""What a batch says of templates: the rows of each, its history, its text, its sources, and which are new."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence

from console.store.ids import template_id
from console.store.labelled import SOURCE_CHARS
from console.store.names import Names
from console.store.tally import EXAMPLE_CHARS, Seen
from console.store.verdicts import mark_corrected
from pipeline.masking import MASKED_CHARS

SOURCES_OF_A_TEMPLATE = 20
ByTemplate = dict[int, list[Seen]]


def write_templates(
    connection: sqlite3.Connection, names: Names, seen: Sequence[Seen], now_ms: int
) -> ByTemplate:
    """Write what a batch says of templates; return it by their ids."""
    of_template: defaultdict[int, list[Seen]] = defaultdict(list)
    numbers: dict[str, int] = {}
    for each in seen:
        text = each.said.template
        number = numbers.get(text)
        if number is None:
            numbers[text] = number = template_id(text)
        of_template[number].append(each)
    unknown = _unknown(connection, list(of_template))
    new = unknown if _is_warm(connection, now_ms) else frozenset[int]()
    _write_rows(connection, names, of_template, new, now_ms)
    if unknown:
        _write_texts(connection, {number: of_template[number][0] for number in unknown})
        mark_corrected(connection, unknown)
    _write_sources(connection, names, of_template)
    return of_template


def _unknown(connection: sqlite3.Connection, numbers: list[int]) -> frozenset[int]:
    """Return which templates the store does not know."""
    found = connection.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM templates)", [json.dumps(numbers)]
    )
    return frozenset(number for (number,) in found)


def _is_warm(connection: sqlite3.Connection, now_ms: int) -> bool:
    found = connection.execute("SELECT 1 FROM meta WHERE name = 'warm_until_ms' AND value <= ?", [now_ms])
    return found.fetchone() is not None


def _write_rows(
    connection: sqlite3.Connection, names: Names, of_template: ByTemplate, new: frozenset[int], now_ms: int
) -> None:
    rows, history, found_new = [], [], Counter[int]()
    for number, each in of_template.items():
        for one in each:
            history.append((number, *_said(names, one), one.events, one.first_ms, one.last_ms))
        latest = max(each, key=lambda one: one.latest)
        verdict = _said(names, latest)
        is_new = number in new
        if is_new:
            found_new[verdict[0]] += 1
        events = sum(one.events for one in each)
        first_ms, last_ms = min(one.first_ms for one in each), max(one.last_ms for one in each)
        times = (first_ms, last_ms, now_ms, now_ms if is_new else 0)
        rows.append((number, *verdict, latest.said.confidence, events, *times))
    connection.executemany(
        "INSERT INTO templates(id, label, tier, rule, best_guess, bundle, confidence, events, first_ms, last_ms, "
        "read_ms, new_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "label = excluded.label, tier = excluded.tier, rule = excluded.rule, best_guess = excluded.best_guess, "
        "bundle = excluded.bundle, confidence = excluded.confidence, events = events + excluded.events, "
        "first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms), "
        "read_ms = excluded.read_ms",
        rows,
    )
    connection.executemany(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms), "
        "last_ms = max(last_ms, excluded.last_ms)",
        history,
    )
    connection.executemany(
        "INSERT INTO new_templates VALUES (?, ?) "
        "ON CONFLICT DO UPDATE SET templates = templates + excluded.templates",
        found_new.items(),
    )


def _said(names: Names, seen: Seen) -> tuple[int, int, int, int, int]:
    said, of = seen.said, names.of
    return of(said.label), of(said.tier), of(said.rule), of(said.best_guess), of(said.bundle)


def _write_texts(connection: sqlite3.Connection, added: dict[int, Seen]) -> None:
    texts = [
        (number, seen.said.template[:MASKED_CHARS], seen.example[:EXAMPLE_CHARS] or None)
        for number, seen in added.items()
    ]
    connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", texts)
    connection.executemany(
        "INSERT INTO search(rowid, template) VALUES (?, ?)", [(number, text) for number, text, _ in texts]
    )


def _write_sources(connection: sqlite3.Connection, names: Names, of_template: ByTemplate) -> None:
    pairs = {
        (number, source)
        for number, each in of_template.items()
        for name in {seen.source for seen in each}
        if (source := names.source(name[:SOURCE_CHARS])) is not None
    }
    connection.executemany(
        "INSERT OR IGNORE INTO template_sources SELECT ?1, ?2 "
        f"WHERE (SELECT count(*) FROM template_sources WHERE template = ?1) < {SOURCES_OF_A_TEMPLATE}",
        sorted(pairs),
    )
