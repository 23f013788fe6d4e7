"""The pending topic: an event that waits for the LLM, whole, with what is known of it in one header."""

from zlib import crc32

import msgspec
from confluent_kafka import Message

from consumer.records.incoming import Headers, headers_of
from consumer.records.outgoing import OutgoingRecord
from pipeline.verdict import Verdict

PENDING_HEADER = "logsluice_pending"
CANARY_HEADER = "logsluice_canary"


class Pending(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a pending record says of its event.

    ``since_ms`` is when it was sent there first, ``timestamp_ms`` the time of the raw record, ``attempt`` how many
    times the LLM has been asked in vain.
    """

    event_id: str
    since_ms: int
    timestamp_ms: int = 0
    attempt: int = 0
    best_guess: str | None = None
    confidence: float = 0.0


class Canary(msgspec.Struct, frozen=True, gc=False):
    """A decision of the embedding tier that the LLM is asked about too. No event waits for it."""

    template: str
    source: str
    label: str


_pending = msgspec.json.Decoder(Pending)
_canary = msgspec.json.Decoder(Canary)


def pending_of(verdict: Verdict, event_id: str, timestamp_ms: int, now_ms: int) -> Pending:
    """Return what is known of an event that no tier of the fast lane could decide."""
    return Pending(event_id, now_ms, timestamp_ms, 0, verdict.best_guess, verdict.confidence)


def pending_record(
    topic: str,
    value: bytes | None,
    key: bytes | None,
    headers: Headers,
    pending: Pending,
    template: str,
    source: str,
    partitions: int,
) -> OutgoingRecord:
    """Return the record that makes an event wait: key, value and headers as they were, and one header more.

    The value of an event of a record that holds several is that event alone, as a record of the same form.
    Its timestamp is the time of sending, so that an old event is not at once too old for the topic. Events of one
    template share a partition, and with it the replica that asks.
    """
    ours = (PENDING_HEADER, msgspec.json.encode(pending))
    partition = partition_of(template, source, partitions)
    return OutgoingRecord(topic, value, key, [*headers, ours], 0, partition)


def canary_record(topic: str, canary: Canary, partitions: int) -> OutgoingRecord:
    """Return the record that has the LLM asked about a decision."""
    partition = partition_of(canary.template, canary.source, partitions)
    return OutgoingRecord(topic, msgspec.json.encode(canary), None, [(CANARY_HEADER, b"1")], 0, partition)


def partition_of(template: str, source: str, partitions: int) -> int:
    """Return the partition of the pending topic for a template; -1, any, where their number is not known."""
    return crc32(f"{source}\0{template}".encode("utf-8", "surrogatepass")) % partitions if partitions else -1


def read_pending(headers: Headers | None) -> tuple[Pending, Headers] | None:
    """Return what the last pending header says, and the headers without it; None where there is none to read."""
    headers = headers or []
    for place in reversed(range(len(headers))):
        name, value = headers[place]
        if name == PENDING_HEADER:
            try:
                return _pending.decode(value or b""), headers[:place] + headers[place + 1 :]
            except (msgspec.MsgspecError, UnicodeError, TypeError):
                return None
    return None


def read_canary(message: Message) -> Canary | None:
    """Return the canary that a record is, if it is one."""
    if not any(name == CANARY_HEADER for name, _ in headers_of(message) or ()):
        return None
    if any(name == PENDING_HEADER for name, _ in headers_of(message) or ()):
        return None  # a sender's own header of that name
    try:
        return _canary.decode(message.value() or b"")
    except (msgspec.MsgspecError, UnicodeError):
        return None
