"""Labelled events of one record that are published together, as one record in its own form."""

from collections.abc import Callable, Sequence

import msgspec
from confluent_kafka import Message
from msgspec.structs import replace

from consumer.records.formats.found import Classification, Part
from consumer.records.incoming import Headers, event_id, timestamp_ms_of
from consumer.records.labelled import without_ours
from consumer.records.outgoing import OutgoingRecord, Row, Together
from consumer.records.reading import Item
from pipeline.verdict import Verdict


class Labelled(msgspec.Struct, frozen=True, gc=False):
    """A labelled event of a record that holds several, before it is known what becomes of the others."""

    item: Item
    part: Part
    headers: Headers
    verdict: Verdict
    classification: Classification

    @property
    def message(self) -> Message:
        """The record."""
        return self.item.message

    @property
    def source(self) -> str:
        """The event's source."""
        return self.item.event.source


def put_together(
    outcomes: Sequence[Row | Labelled],
    topic: str,
    on_error: Callable[[Item, Exception], Row],
    has_id: bool = True,
) -> list[Row]:
    """Return the rows of whole records, in the order of the records: one for the labelled events of each.

    Where these cannot be written, each has the row that ``on_error`` makes. ``has_id`` is whether ``event_id`` is among
    the headers that are added.
    """
    rows = [each for each in outcomes if isinstance(each, Row)]
    if len(rows) == len(outcomes):
        return rows  # nearly always
    rows = []
    waiting: list[Labelled] = []
    for each in outcomes:
        if waiting and each.message is not waiting[0].message:
            rows += _one_record(waiting, topic, on_error, has_id)
            waiting = []
        if isinstance(each, Row):
            rows.append(each)
        else:
            waiting.append(each)
    if waiting:
        rows += _one_record(waiting, topic, on_error, has_id)
    return rows


def _one_record(
    events: Sequence[Labelled], topic: str, on_error: Callable[[Item, Exception], Row], has_id: bool
) -> list[Row]:
    """Return the row of the labelled events of one record."""
    first = events[0]
    message, opened = first.message, first.part.opened
    classifications: list[Classification | None] = [None] * opened.count
    for each in events:
        classifications[each.part.index or 0] = each.classification
    try:
        value = opened.written(classifications)
    except Exception as error:  # whatever writing it raises: the other records go on
        return [on_error(each.item, error) for each in events]
    headers = without_ours(first.headers)
    if has_id:
        headers.append(("event_id", event_id(message).encode()))
    record = OutgoingRecord(topic, value, message.key(), headers, timestamp_ms_of(message))
    rows = tuple(
        Row(record, message, each.verdict, each.source, None, each.item.event.severity, each.part)
        for each in events
    )
    return [Row(record, message, together=Together(opened, tuple(classifications), rows))]


def in_halves(row: Row, together: Together) -> list[Row]:
    """Return two rows, each with half of the events that a row publishes together; at least two."""
    middle = len(together.rows) // 2
    return [
        some_of(row, together, rows, row.record.topic)
        for rows in (together.rows[:middle], together.rows[middle:])
    ]


def some_of(row: Row, together: Together, rows: Sequence[Row], topic: str) -> Row:
    """Return a row that publishes, to a topic, only some of the events that a row publishes together."""
    here = {each.part.index for each in rows if each.part is not None}
    classifications = tuple(
        each if index in here else None for index, each in enumerate(together.classifications)
    )
    record = replace(row.record, topic=topic, value=together.opened.written(classifications))
    some = Together(together.opened, classifications, tuple(rows))
    return with_record(replace(row, together=some), record)


def with_record(row: Row, record: OutgoingRecord) -> Row:
    """Return a row that publishes another record."""
    together = row.together
    if together is not None:
        together = replace(together, rows=tuple(replace(each, record=record) for each in together.rows))
    return replace(row, record=record, together=together)
