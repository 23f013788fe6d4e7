"""What a batch says of templates: the rows of each, its history, its text, its sources, and which are new."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from console.store.ids import template_id
from console.store.labelled import SOURCE_CHARS
from console.store.names import Names
from console.store.schema import HOUR_MS
from console.store.tally import EXAMPLE_CHARS, Seen
from console.store.verdicts import mark_corrected
from pipeline.masking import MASKED_CHARS

SOURCES_OF_A_TEMPLATE = 20
ByTemplate = dict[int, list[Seen]]
_FOREVER_MS = (1 << 63) - 1


WEEK_MS = 7 * 24 * HOUR_MS


def write_templates(
    connection: sqlite3.Connection, names: Names, seen: Sequence[Seen], now_ms: int
) -> ByTemplate:
    """Write what a batch says of templates; return it by their numbers."""
    of_text: defaultdict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        of_text[each.said.template].append(each)
    of_id = {template_id(text): each for text, each in of_text.items()}
    numbers = _numbers(connection, list(of_id))
    added = {id: each for id, each in of_id.items() if id not in numbers}
    if added:
        numbers |= _add(connection, added, now_ms if _is_warm(connection, now_ms) else 0)
    of_template = {numbers[id]: each for id, each in of_id.items()}
    _update(connection, names, of_template, now_ms)
    _write_sources(connection, names, of_template)
    if added:
        _count_new(connection, now_ms, [numbers[id] for id in added])
        mark_corrected(connection, added)
    return of_template


def events_of_new(connection: sqlite3.Connection, written: ByTemplate, now_ms: int) -> int:
    """Return how many events of a batch have templates that were never seen before the last week."""
    found = connection.execute(
        "SELECT number FROM json_each(?) CROSS JOIN templates ON number = value WHERE new_ms > ?",
        [json.dumps(list(written)), now_ms - WEEK_MS],
    )
    return sum(seen.events for (number,) in found for seen in written[number])


def _numbers(connection: sqlite3.Connection, ids: list[int]) -> dict[int, int]:
    """Return the numbers of those templates that the store knows."""
    found = connection.execute(
        "SELECT t.id, number FROM json_each(?) CROSS JOIN templates t ON t.id = value", [json.dumps(ids)]
    )
    return dict(found.fetchall())


def _add(connection: sqlite3.Connection, added: ByTemplate, new_ms: int) -> dict[int, int]:
    """Add templates with their texts; return the number of each. What is said of them comes with the update."""
    connection.executemany(
        "INSERT INTO templates(id, label, tier, rule, best_guess, bundle, confidence, events, first_ms, last_ms, "
        "read_ms, new_ms) VALUES (?, 0, 0, 0, 0, 0, 0, 0, ?, 0, 0, ?)",
        [(id, _FOREVER_MS, new_ms) for id in added],
    )
    numbers = _numbers(connection, list(added))
    texts = []
    for id, number in numbers.items():
        first = added[id][0]
        texts.append((number, first.said.template[:MASKED_CHARS], first.example[:EXAMPLE_CHARS] or None))
    connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", texts)
    connection.executemany("INSERT INTO search(rowid, template) VALUES (?, ?)", [text[:2] for text in texts])
    return numbers


def _is_warm(connection: sqlite3.Connection, now_ms: int) -> bool:
    found = connection.execute("SELECT 1 FROM meta WHERE name = 'warm_until_ms' AND value <= ?", [now_ms])
    return found.fetchone() is not None


def _update(connection: sqlite3.Connection, names: Names, of_template: ByTemplate, now_ms: int) -> None:
    """Add a batch to what is said of each template now, and to what was ever said of it."""
    rows, history = [], []
    for number, each in of_template.items():
        for one in each:
            history.append((number, *_said(names, one), one.events, one.first_ms, one.last_ms))
        latest = max(each, key=lambda one: one.latest)
        events = sum(one.events for one in each)
        first_ms, last_ms = min(one.first_ms for one in each), max(one.last_ms for one in each)
        said = (*_said(names, latest), latest.said.confidence)
        rows.append((*said, events, first_ms, last_ms, now_ms, number))
    connection.executemany(
        "UPDATE templates SET label = ?, tier = ?, rule = ?, best_guess = ?, bundle = ?, confidence = ?, "
        "events = events + ?, first_ms = min(first_ms, ?), last_ms = max(last_ms, ?), read_ms = ? "
        "WHERE number = ?",
        rows,
    )
    connection.executemany(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms), "
        "last_ms = max(last_ms, excluded.last_ms)",
        history,
    )


def _count_new(connection: sqlite3.Connection, now_ms: int, added: list[int]) -> None:
    connection.execute(
        "INSERT INTO new_templates SELECT label, count(*) FROM templates "
        "WHERE number IN (SELECT value FROM json_each(?)) AND new_ms = ? GROUP BY label "
        "ON CONFLICT DO UPDATE SET templates = templates + excluded.templates",
        [json.dumps(added), now_ms],
    )


def _said(names: Names, seen: Seen) -> tuple[int, int, int, int, int]:
    said, of = seen.said, names.of
    return of(said.label), of(said.tier), of(said.rule), of(said.best_guess), of(said.bundle)


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
