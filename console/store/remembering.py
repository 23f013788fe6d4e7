"""What the verdicts topic says, in the memory of the console's own classifier: so that it labels as the stream does."""

import sqlite3
from collections.abc import Iterable

from console.store.verdicts import VerdictChange
from consumer.log import get_logger
from consumer.records.verdict import remembered
from pipeline.memory import Remembered, VerdictMemory


def remember_stored(memory: VerdictMemory, connection: sqlite3.Connection) -> None:
    """Remember what the store knows: it holds until the topic is read."""
    found = connection.execute("SELECT text, source, by, label, confidence, at_ms FROM verdicts")
    for template, source, by, label, confidence, at_ms in found:
        _put(memory, template, source, Remembered(label, confidence, by, at_ms))


def remember(memory: VerdictMemory, changes: Iterable[VerdictChange]) -> None:
    """Remember what was said, or forget it, in its order."""
    for change in changes:
        key, value = change.key, change.value
        if value is None:
            memory.forget(key.template, key.source, key.by)
        else:
            _put(memory, key.template, key.source, remembered(key, value))


def _put(memory: VerdictMemory, template: str, source: str, verdict: Remembered) -> None:
    try:
        memory.put(template, source, verdict)
    except OverflowError as error:
        get_logger().warning("a correction has no room in memory", detail=str(error))
