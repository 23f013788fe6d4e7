"""What the store knows of the verdicts topic, for whoever takes it elsewhere."""

import sqlite3
from pathlib import Path

from console.store.ids import template_id
from console.store.schema import StoreError, open_reader
from consumer.records.verdict import VerdictKey, VerdictValue

Verdicts = dict[VerdictKey, VerdictValue]


def read_said(path: Path) -> tuple[Verdicts, dict[str, int]]:
    """Return the verdicts in a store, and how many events it has counted of each template of them.

    Raises:
        StoreError: it is no store, or cannot be read.
    """
    try:
        connection = open_reader(path)
        try:
            found = connection.execute(
                "SELECT taxonomy, source, text, by, label, confidence, author, at_ms FROM verdicts"
            ).fetchall()
            events = dict(
                connection.execute("SELECT id, events FROM templates WHERE id IN (SELECT id FROM verdicts)")
            )
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(
            f"the store {path} cannot be read ({error}): name the file of `logsluice serve`"
        ) from error
    ranks = {"person": 2, "model": 1}
    verdicts = {
        VerdictKey(taxonomy, source, text, by): VerdictValue(label, confidence, by, ranks[by], at_ms, author)
        for taxonomy, source, text, by, label, confidence, author, at_ms in found
        if by in ranks
    }
    counts = {key.template: events.get(template_id(key.template), 0) for key in verdicts}
    return verdicts, counts
