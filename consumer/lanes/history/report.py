"""What relabelling found, and what became of every event of the window."""

import msgspec

from consumer.lanes.history.changes import Cell, Change
from consumer.records.reasons import Reason


class NotLabelled(msgspec.Struct, frozen=True):
    """A record with an event that is not in the target: its id, topic-partition-offset, and why."""

    event_id: str
    reason: Reason


class Deleted(msgspec.Struct, frozen=True):
    """A partition of which records are gone that may have been in the window: all before an offset."""

    topic: str
    partition: int
    before_offset: int


class Report(msgspec.Struct, frozen=True):
    """What ``--json`` writes. Times are in ms since the epoch.

    ``events`` were labelled: ``published`` in this run, ``published_before`` in one before it, ``refused`` by the
    broker; without a target none of these. ``undecodable`` are no part of ``events``. ``not_labelled`` names some of
    both. ``cells`` count all of ``events``; ``not_kept`` of them have no label before, and ``changed`` another one.
    """

    bundle: str
    before: str
    topics: tuple[str, ...]
    target: str | None
    from_ms: int
    to_ms: int
    stopped: bool
    verdicts: int
    events: int
    published: int
    published_before: int
    refused: int
    undecodable: int
    not_kept: int
    changed: int
    cells: list[Cell]
    templates: list[Change]
    not_labelled: list[NotLabelled]
    deleted: list[Deleted]
