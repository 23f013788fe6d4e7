"""The most frequent templates of the store, with what a map shows of them."""

import sqlite3
from typing import NamedTuple

from console.store.ids import id_text


class FrequentRow(NamedTuple):
    """A template of the map.

    ``label`` and ``confidence`` are what a person has said of it, if somebody has, else what its last event got.
    ``source`` is one of its sources, empty where none is named; ``rule`` may be empty.
    """

    id: str
    template: str
    label: str
    confidence: float
    rule: str
    source: str
    events: int


_ROWS = """
SELECT t.id, x.template, coalesce(said.label, label.name), CASE WHEN said.label IS NULL THEN t.confidence ELSE 1.0 END,
  rule.name,
  coalesce((SELECT name FROM template_sources s JOIN sources ON sources.id = s.source
    WHERE s.template = t.number LIMIT 1), ''),
  t.events
FROM (SELECT number FROM templates ORDER BY events DESC, number LIMIT ?)
JOIN templates t USING (number)
JOIN texts x USING (number)
JOIN names label ON label.id = t.label
JOIN names rule ON rule.id = t.rule
LEFT JOIN verdicts said ON t.person = 1 AND said.id = t.id AND said.source = '*' AND said.by = 'person'
  AND said.taxonomy = ?
"""


def most_frequent(connection: sqlite3.Connection, most: int, taxonomy: str) -> list[FrequentRow]:
    """Return the templates with the most events, ``most`` of them at most, the most frequent first.

    ``taxonomy`` names the labels under which people's verdicts hold.
    """
    found = (FrequentRow(id_text(id), *rest) for id, *rest in connection.execute(_ROWS, [most, taxonomy]))
    return sorted(found, key=lambda row: (-row.events, row.id))
