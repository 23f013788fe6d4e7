"""Labelled records for the store, and the store's own answer in one line."""

from pathlib import Path
from typing import Any

import msgspec

from console.store.labelled import labelled_reader
from console.store.schema import open_writer
from console.store.tally import count_labelled
from console.store.writer import Batch, Writer
from tests.support.raw_records import Raw

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


def labelled(template: str, label: str = "Error", source: Any = "app", **said: Any) -> bytes:
    """Return a labelled record."""
    classification = {
        "label": label,
        "confidence": 0.9,
        "tier": "embedding",
        "rule": None,
        "template": template,
        "best_guess": None,
        "bundle": "default@3f9c2a1",
        "event_id": "logs.raw-0-1",
        **said,
    }
    event = {"source": source, "log_message": f"raw text of {template}", "classification": classification}
    return msgspec.json.encode(event)


def raw(template: str, label: str = "Error", time_ms: int = 0, partition: int = -1, **more: Any) -> Raw:
    """Return a labelled record to be published."""
    return Raw(labelled(template, label, **more), timestamp_ms=time_ms, partition=partition)


def writer(path: Path, warm_ms: int | None = None, retention_ms: int = 30 * DAY_MS) -> Writer:
    """Open a store to write it; from ``warm_ms`` on templates are new."""
    opened = Writer(open_writer(path), retention_ms)
    if warm_ms is not None:
        opened.set_meta("warm_until_ms", warm_ms)
    return opened


def write(to: Writer, records: list[tuple[bytes, int]], now_ms: int = NOW_MS) -> None:
    """Write records, each given with its time in ms, as one batch."""
    to.write(Batch(count_labelled(records, labelled_reader(), now_ms), (), ()), now_ms)
