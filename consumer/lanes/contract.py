"""What a lane and its processor hand each other: which records to take, and what becomes of them."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from confluent_kafka import Message

from consumer.records.outgoing import Row
from consumer.telemetry.metrics import Lane


class Intake(msgspec.Struct, frozen=True):
    """What a lane reads: as which consumer group, which topics, and how large its batches are."""

    group: str
    topics: tuple[str, ...]
    max_events: int
    max_wait_s: float


class BatchResult(msgspec.Struct, frozen=True):
    """What becomes of the first ``taken`` records of a batch.

    ``rows`` has one for each event, in order, and rows that are no event's outcome.
    """

    rows: Sequence[Row]
    taken: int


class Processor(Protocol):
    """What is done with the batches of a lane."""

    lane: Lane
    decides_ahead: bool
    """Whether a batch may be decided before the one before it is committed."""

    def decide(self, batch: Sequence[Message]) -> BatchResult:
        """Decide the records of a batch: all of them, or as many as can be decided within a few seconds, at least one.

        Has no effect outside the process, so that a result may be dropped. Poison is isolated here: a record that
        cannot be decoded, labelled or encoded has a dead letter for its row.
        """

    def on_committed(self, result: BatchResult) -> None:
        """Note that a batch is published and its offsets are committed."""

    def pause_s(self) -> float:
        """Return how long to wait before the next batch, in seconds; asked after every batch, and without one."""
