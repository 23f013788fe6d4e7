"""What a shadow bundle is asked about, and where it would change a label."""

import json
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from console.store.found import rows_of
from console.store.queries import conditions_of
from console.store.rows import Filter, ReviewRow


class ToLabel(NamedTuple):
    """A template to label a second time; ``rule`` decided it, if one did, ``source`` is one of its sources."""

    number: int
    template: str
    example: str | None
    rule: str
    source: str


def most_frequent(connection: sqlite3.Connection, limit: int) -> list[ToLabel]:
    """Return the templates with the most events that no person has labelled."""
    found = connection.execute(
        "SELECT t.number, template, example, rule.name, coalesce((SELECT name FROM template_sources s "
        "JOIN sources ON sources.id = s.source WHERE s.template = t.number ORDER BY name LIMIT 1), '') "
        "FROM templates t JOIN texts USING (number) JOIN names rule ON rule.id = t.rule "
        "WHERE person = 0 ORDER BY events DESC, t.number LIMIT ?",
        [limit],
    )
    return [ToLabel(*row) for row in found]


def shadow_queue(
    connection: sqlite3.Connection, labels: Mapping[int, str], limit: int, wanted: Filter, now_ms: int
) -> list[tuple[ReviewRow, str]]:
    """Return the templates that a shadow bundle labels differently, those with the most events first, and its label.

    ``labels`` has its label by the number of the template. What a person has labelled is not among them.
    """
    conditions, values = conditions_of(connection, wanted)
    found = connection.execute(
        "SELECT number FROM templates t JOIN json_each(?) said ON said.key = CAST(t.number AS TEXT) "
        "JOIN names label ON label.id = t.label "
        f"WHERE person = 0 AND said.value != label.name AND {conditions} ORDER BY events DESC, number LIMIT ?",
        [json.dumps(labels), *values, limit],
    )
    rows = rows_of(connection, [number for (number,) in found], now_ms)
    return [(ReviewRow(row.events, "shadow disagrees", row), labels[number]) for number, row in rows.items()]
