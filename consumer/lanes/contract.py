"""What a lane and its decider hand each other: which records to take, and what becomes of them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from confluent_kafka import Message

from consumer.records.dead_letter import Dead
from consumer.records.outgoing import OutgoingRecord
from consumer.telemetry.metrics import Lane
from pipeline.event import Event
from pipeline.verdict import Verdict


class Intake(msgspec.Struct, frozen=True):
    """What a lane reads: as which consumer group, which topics, and how large its batches are."""

    group: str
    topics: tuple[str, ...]
    max_events: int
    max_wait_s: float


class Decided(msgspec.Struct):
    """What becomes of a batch: each record of it is labelled, pending or dead.

    ``messages``, ``events``, ``verdicts`` and ``written_ms`` are of the labelled ones, in one order.
    ``records`` holds what is to be published for the labelled and the pending ones, and beside them. ``beside``
    counts records of the batch that are no events.
    """

    messages: list[Message]
    events: list[Event]
    verdicts: list[Verdict]
    written_ms: list[int]
    records: Iterable[OutgoingRecord]
    dead: list[Dead]
    pending: int = 0
    beside: int = 0


class Decider(Protocol):
    """What is done with the batches of a lane."""

    lane: Lane

    def decide(self, batch: Sequence[Message]) -> Decided:
        """Decide every record of a batch."""

    def done(self, decided: Decided) -> None:
        """Take note of a batch whose outcomes are published and whose offsets are committed."""

    def rest_s(self) -> float:
        """Return how long to wait before the next batch, in seconds; asked after every batch, and without one."""
