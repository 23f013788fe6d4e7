"""The verdicts topic in the store: what people and models have said of templates."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

import msgspec
from confluent_kafka import Message

from console.store.ids import template_id
from console.store.names import Names
from consumer.records.verdict import VerdictKey, VerdictValue, read_verdict


class VerdictChange(msgspec.Struct, frozen=True):
    """A record of the verdicts topic; ``value`` is None where it forgets. ``run`` numbers the reading of the topic."""

    key: VerdictKey
    value: VerdictValue | None
    run: int


def verdict_change(message: Message, run: int) -> VerdictChange | None:
    """Return what a record says; None where it cannot be read."""
    key, value, is_tombstone = read_verdict(message)
    if key is None or (value is None and not is_tombstone):
        return None
    return VerdictChange(key, value, run)


def apply_verdicts(connection: sqlite3.Connection, names: Names, changes: Sequence[VerdictChange]) -> None:
    """Write what was said, in its order."""
    touched = set()
    for change in changes:
        key, value, id = change.key, change.value, template_id(change.key.template)
        touched.add(id)
        if value is None:
            connection.execute(
                "DELETE FROM verdicts WHERE id = ? AND source = ? AND by = ? AND taxonomy = ?",
                [id, key.source, key.by, key.taxonomy],
            )
        else:
            names.of(value.label)
            who = (id, key.source, key.by, key.taxonomy, key.template)
            said = (value.label, value.confidence, value.author, value.at_ms, change.run)
            connection.execute(
                "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*who, *said)
            )
    mark_corrected(connection, touched)


def drop_earlier(connection: sqlite3.Connection, run: int) -> list[VerdictChange]:
    """Forget the verdicts that an earlier reading of the topic has found, and this one has not.

    Returns what was forgotten, as the topic would have said it.
    """
    gone = connection.execute(
        "DELETE FROM verdicts WHERE run != ? RETURNING id, taxonomy, source, text, by", [run]
    ).fetchall()
    mark_corrected(connection, [id for id, *_ in gone])
    return [VerdictChange(VerdictKey(*key), None, run) for _, *key in gone]


def mark_corrected(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Write of templates whether a person has corrected them, and what a model said of them."""
    connection.execute(
        "UPDATE templates SET "
        "person = EXISTS (SELECT 1 FROM verdicts v WHERE v.id = templates.id AND by = 'person'), "
        "model = coalesce((SELECT names.id FROM verdicts v JOIN names ON name = v.label "
        "WHERE v.id = templates.id AND by = 'model' ORDER BY at_ms DESC LIMIT 1), 0) "
        "WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(sorted(ids))],
    )
