"""From the numbers that a query has found to the rows that are shown."""

import sqlite3
from collections.abc import Iterable

import msgspec

from console.store.ids import id_text
from console.store.rows import TemplateRow
from console.store.schema import HOUR_MS

NEW_FOR_MS = 24 * HOUR_MS
SHOWN_SOURCES = 20
# In the order of TemplateRow.
_ROW = f"""
SELECT t.id, x.template, label.name, tier.name, nullif(rule.name, ''), confidence, nullif(best_guess.name, ''),
  (SELECT json_group_array(name) FROM (
    SELECT name FROM template_sources s JOIN sources ON sources.id = s.source WHERE s.template = t.number
    ORDER BY name LIMIT {SHOWN_SOURCES})),
  events, first_ms, last_ms, new_ms, bundle.name, person, nullif(model.name, '')
FROM templates t
JOIN texts x USING (number)
JOIN names label ON label.id = t.label
JOIN names tier ON tier.id = t.tier
JOIN names rule ON rule.id = t.rule
JOIN names best_guess ON best_guess.id = t.best_guess
JOIN names bundle ON bundle.id = t.bundle
JOIN names model ON model.id = t.model
WHERE t.number = ?
"""
_strings = msgspec.json.Decoder(tuple[str, ...])


def rows_of(connection: sqlite3.Connection, numbers: Iterable[int], now_ms: int) -> dict[int, TemplateRow]:
    """Return the rows of templates by their numbers, in the same order; one that is gone is left out."""
    rows = {}
    for number in numbers:
        found = connection.execute(_ROW, [number]).fetchone()
        if found is not None:
            id, *said, sources, events, first_ms, last_ms, new_ms, bundle, person, model = found
            said += [_strings.decode(sources), events, first_ms, last_ms, new_ms > now_ms - NEW_FOR_MS]
            rows[number] = TemplateRow(*(id_text(id), *said, bundle, bool(person), model))
    return rows
