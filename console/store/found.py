"""From the ids that a query has found to the rows that are shown."""

import sqlite3
from collections.abc import Sequence

from console.store.ids import id_text
from console.store.rows import TemplateRow
from console.store.schema import HOUR_MS

NEW_FOR_MS = 24 * HOUR_MS
SHOWN_SOURCES = 20
_ROWS = """
SELECT t.id, x.template, label.name, tier.name, rule.name, t.confidence, best_guess.name, t.events,
       t.first_ms, t.last_ms, t.new_ms, bundle.name, t.person, model.name
FROM templates t
JOIN texts x ON x.id = t.id
JOIN names label ON label.id = t.label
JOIN names tier ON tier.id = t.tier
JOIN names rule ON rule.id = t.rule
JOIN names best_guess ON best_guess.id = t.best_guess
JOIN names bundle ON bundle.id = t.bundle
JOIN names model ON model.id = t.model
WHERE t.id = ?
"""


def rows_of(connection: sqlite3.Connection, numbers: Sequence[int], now_ms: int) -> list[TemplateRow]:
    """Return the rows of templates, in the order of their ids; one that is not there is left out."""
    rows = []
    for number in numbers:
        found = connection.execute(_ROWS, [number]).fetchone()
        if found is None:
            continue
        sources = connection.execute(
            "SELECT name FROM template_sources s JOIN sources ON sources.id = s.source WHERE template = ? "
            "ORDER BY name LIMIT ?",
            [number, SHOWN_SOURCES],
        )
        (
            _,
            text,
            label,
            tier,
            rule,
            confidence,
            best_guess,
            events,
            first_ms,
            last_ms,
            new_ms,
            bundle,
            person,
            model,
        ) = found
        rows.append(
            TemplateRow(
                id=id_text(number),
                template=text,
                label=label,
                tier=tier,
                rule=rule or None,
                confidence=confidence,
                best_guess=best_guess or None,
                sources=tuple(name for (name,) in sources),
                events=events,
                first_seen_ms=first_ms,
                last_seen_ms=last_ms,
                is_new=new_ms > now_ms - NEW_FOR_MS,
                bundle=bundle,
                corrected=bool(person),
                model_label=model or None,
            )
        )
    return rows
