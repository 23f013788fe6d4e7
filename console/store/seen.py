"""What the store says of templates, for rules to be suggested from."""

import sqlite3

from training.suggesting.gathering import evidence
from training.suggesting.seen import Seen

LOOKED_AT = 100_000
"""Templates that are looked at: the most frequent."""


def seen_in_store(connection: sqlite3.Connection, sure: float, most: int = LOOKED_AT) -> list[Seen]:
    """Return the most frequent templates with their labels: a person's word counts before what was published.

    A label of which the LLM says another one counts as none.
    """
    found = connection.execute(
        "SELECT template, coalesce((SELECT min(s.name) FROM template_sources ts JOIN sources s ON s.id = ts.source "
        "WHERE ts.template = t.number), ''), label.name, tier.name, rule.name, confidence, events, "
        "(SELECT v.label FROM verdicts v WHERE v.id = t.id AND v.by = 'person' ORDER BY at_ms DESC LIMIT 1), "
        "model NOT IN (0, t.label) "
        "FROM templates t JOIN texts USING (number) JOIN names label ON label.id = t.label "
        "JOIN names tier ON tier.id = t.tier JOIN names rule ON rule.id = t.rule "
        "ORDER BY events DESC, number LIMIT ?",
        [most],
    )
    seen = []
    for template, source, label, tier, rule, confidence, events, said, contradicted in found:
        known, how_sure = evidence(label, tier, confidence, sure)
        if said is not None:
            known, how_sure = said, 1.0
        elif contradicted:
            known, how_sure = "", 0.0
        now = "" if tier == "none" else label
        seen.append(Seen(template, source, known, how_sure, events, now, rule))
    return seen


def span_days(connection: sqlite3.Connection) -> float:
    """Return between which events the store has counted, in days."""
    first, last = connection.execute("SELECT min(first_ms), max(last_ms) FROM templates").fetchone()
    return (last - first) / 86_400_000 if last else 0.0
