"""A record to publish, and for which event: plain values that nothing edits afterwards."""

import msgspec
from confluent_kafka import Message

from consumer.records.reasons import Reason
from pipeline.verdict import Verdict

Headers = list[tuple[str, bytes | None]]


class OutgoingRecord(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One record to publish. ``timestamp_ms`` 0 leaves its time to the broker, ``partition`` -1 to the key."""

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int = -1


class Row(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What becomes of one event of a batch.

    ``message`` is the consumed record that held it, None for a record that is no event's outcome (a question about
    a template, a verdict). An event is labelled if there is a ``verdict``, dead if there is a ``reason``, and
    otherwise pending.
    """

    record: OutgoingRecord
    message: Message | None = None
    verdict: Verdict | None = None
    source: str = ""
    reason: Reason | None = None
