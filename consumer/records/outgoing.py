"""A record to publish, and for which event: plain values that nothing edits afterwards."""

from __future__ import annotations

import msgspec
from confluent_kafka import Message

from consumer.records.formats.found import Classification, Opened, Part
from consumer.records.incoming import Headers
from consumer.records.output_routes import Withheld
from consumer.records.reasons import Reason
from pipeline.verdict import Verdict


class OutgoingRecord(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One record to publish. ``timestamp_ms`` 0 leaves its time to the broker, ``partition`` -1 to the key."""

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int = -1


class Row(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What becomes of one event of a batch, or of those of a record that are published ``together``.

    ``message`` is the consumed record that held it, None for a record that is no event's outcome (a question about
    a template, a verdict). An event is labelled if there is a ``verdict``, dead if there is a ``reason``, and
    otherwise pending. One that is ``withheld`` is labelled, and its record is not published. ``part`` says which event
    of its record it is, where that holds several.
    """

    record: OutgoingRecord
    message: Message | None = None
    verdict: Verdict | None = None
    source: str = ""
    reason: Reason | None = None
    severity: str = ""
    part: Part | None = None
    together: Together | None = None
    withheld: Withheld | None = None

    def events(self) -> tuple[Row, ...]:
        """Return a row for each event whose outcome this is."""
        return (self,) if self.together is None else self.together.rows


class Together(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Labelled events of one record that are published as one record in its form: their rows, in order.

    ``classifications`` has what is written of each event of the record by its index, None for one that is not here.
    """

    opened: Opened
    classifications: tuple[Classification | None, ...]
    rows: tuple[Row, ...]
