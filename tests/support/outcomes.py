"""What became of the records of a batch, read off its rows."""

from collections.abc import Sequence

from confluent_kafka import Message

from consumer.lanes.contract import BatchResult
from consumer.records.incoming import event_id
from consumer.records.outgoing import OutgoingRecord, Row


def labelled(result: BatchResult) -> list[Row]:
    """Return the rows of labelled events."""
    return [row for row in result.rows if row.verdict is not None]


def dead(result: BatchResult) -> list[Row]:
    """Return the rows of dead letters."""
    return [row for row in result.rows if row.reason is not None]


def pending(result: BatchResult) -> list[Row]:
    """Return the rows of events that wait."""
    return [
        row for row in result.rows if row.message is not None and row.verdict is None and row.reason is None
    ]


def others(result: BatchResult) -> list[OutgoingRecord]:
    """Return the records that are no event's outcome."""
    return [row.record for row in result.rows if row.message is None]


def messages(rows: Sequence[Row]) -> list[Message]:
    """Return the records that rows come from."""
    return [row.message for row in rows if row.message is not None]


def outcomes(result: BatchResult, batch: list[Message]) -> dict[str, list[str]]:
    """Return what became of each record of a batch, by its id: a reason, or the topic that it went to."""
    found: dict[str, list[str]] = {event_id(message): [] for message in batch}
    for row in result.rows:
        if row.message is not None:
            found[event_id(row.message)].append(row.reason or row.record.topic)
    return found
