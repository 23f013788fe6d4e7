"""Records that the broker refuses for what they are, and what is published instead."""

from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError
from msgspec.structs import replace

from consumer.errors import BrokerError
from consumer.log import get_logger
from consumer.records.dead_letter import CUT_BYTES, cut, dead_row, is_cut, one_of
from consumer.records.outgoing import Row
from consumer.records.reasons import Reason
from consumer.records.together import in_halves, with_record

REFUSALS: dict[int, Reason] = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.INVALID_MSG_SIZE: "too_large",
    KafkaError.RECORD_LIST_TOO_LARGE: "too_large",
    KafkaError.INVALID_RECORD: "refused",
    KafkaError.INVALID_TIMESTAMP: "refused",
    KafkaError._INVALID_DIFFERENT_RECORD: "refused",
}
"""What the broker will not take however often it is sent."""

FUTURE_MS = 60 * 60 * 1000
"""How far ahead a broker lets the time of a record be, unless its topic says otherwise (KIP-937)."""


class Refusal(NamedTuple):
    """The place of a row in its batch, and the broker's error."""

    place: int
    error: KafkaError


def at_fault(refusals: Sequence[Refusal], rows: Sequence[Row], now_ms: int) -> list[Refusal]:
    """Return those refusals whose row is surely at fault; empty where it takes a closer look.

    The broker refuses a request as a whole, so that a record is refused along with its neighbours. One that is refused
    alone is at fault, and where times are refused those that no topic takes by default.
    """
    if len(refusals) == 1:
        return list(refusals)
    return [
        each
        for each in refusals
        if each.error.code() == KafkaError.INVALID_TIMESTAMP
        and rows[each.place].record.timestamp_ms > now_ms + FUTURE_MS
    ]


def middle_of(rows: Sequence[Row]) -> int:
    """Return where rows can be published in two parts: near the middle, between two records; 0 where nowhere.

    The offset of a record can be committed only with all that came out of it.
    """
    places = [
        place
        for place in range(1, len(rows))
        if rows[place].message is None or rows[place].message is not rows[place - 1].message
    ]
    return min(places, key=lambda place: abs(place - len(rows) // 2), default=0)


def after_refusal(row: Row, error: KafkaError, dead_letter_topic: str) -> list[Row]:
    """Return what to publish instead of a row that is refused; nothing for a record that is no event's outcome.

    A record whose time is refused is published with the time of publication, events that are too large together as
    two records, any other record as a dead letter, and a dead letter cut down to what any topic takes.

    Raises:
        BrokerError: the dead-letter topic refuses even that.
    """
    record = row.record
    if row.message is None:
        get_logger().warning(
            "the broker refuses a record; it is left out", topic=record.topic, detail=error.str()
        )
        return []
    if error.code() == KafkaError.INVALID_TIMESTAMP and record.timestamp_ms:
        return [row_with_time_of_publication(row)]
    if row.together is not None and len(row.together.rows) > 1:
        return in_halves(row, row.together)
    if row.reason is None:
        (event,) = row.events()
        one = one_of(event.part)
        return [dead_row(dead_letter_topic, row.message, REFUSALS[error.code()], one=one)]
    if not is_cut(record):
        return [replace(row, record=cut(record))]
    raise BrokerError(
        f"{dead_letter_topic} refuses dead letters of {CUT_BYTES} bytes ({error.str()}): raise its max.message.bytes; "
        "nothing of this batch is committed"
    )


def row_with_time_of_publication(row: Row) -> Row:
    """Return a row whose record leaves its time to the broker."""
    return with_record(row, replace(row.record, timestamp_ms=0))
