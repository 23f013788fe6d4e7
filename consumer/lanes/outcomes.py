"""What is published of a decided event: the labelled record, or the one with which it waits for the LLM."""

from collections.abc import Callable, Sequence

from confluent_kafka import Message

from consumer.records.incoming import Headers, event_ids, headers_of, headers_of_each, timestamp_ms_of
from consumer.records.labelled import Labeller
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.records.pending import pending_of, pending_record
from consumer.records.reading import Item
from consumer.records.rows import Rows
from consumer.records.together import Labelled
from consumer.records.verdict import now_ms
from pipeline.verdict import Verdict

Unreadable = Callable[[], Headers]
"""Counts a record whose headers cannot be read, and says which it has."""


def labelled_rows(
    items: Sequence[Item],
    verdicts: Sequence[Verdict],
    labeller: Labeller,
    topic: str,
    unreadable: Unreadable,
) -> Rows:
    """Return the rows of labelled events that are the whole of their records, as nearly all are.

    The same as a `labelled_row` for each, in columns: those cost half as much.
    """
    messages = [item.message for item in items]
    theirs = headers_of_each(messages) or ([],) * len(messages)
    severities = [item.event.severity for item in items]
    values, headers = labeller.label_each(
        [item.value for item in items],
        [unreadable() if given is None else given for given in theirs],
        severities,
        verdicts,
        event_ids(messages),
    )
    sources = [item.event.source for item in items]
    return Rows.of_whole_records(topic, messages, [*values], headers, [*verdicts], sources, severities)


def labelled_row(
    item: Item, verdict: Verdict, labeller: Labeller, topic: str, keeps_form: bool, unreadable: Unreadable
) -> Row | Labelled:
    """Return the row of a labelled event; where its record keeps its form and holds several, what goes into that."""
    message, event, part = item.message, item.event, item.part
    headers = _headers_of(message, unreadable)
    if part is None or not keeps_form:
        value, headers = labeller.label(item.value, headers, event.severity, verdict, item.event_id())
    else:
        classification = labeller.classification(event.severity, verdict, item.event_id())
        if part.index is not None:
            return Labelled(item, part, headers, verdict, classification)
        value = part.opened.written([classification])
        headers = labeller.headers(headers, verdict, item.event_id())
    record = OutgoingRecord(topic, value, message.key(), headers, timestamp_ms_of(message))
    return Row(record, message, verdict, event.source, None, event.severity, part)


def pending_row(
    item: Item, value: bytes | None, verdict: Verdict, topic: str, partitions: int, unreadable: Unreadable
) -> Row:
    """Return the row of an event that waits for the LLM, with the value that it waits with."""
    message, source = item.message, item.event.source
    headers = _headers_of(message, unreadable)
    pending = pending_of(verdict, item.event_id(), timestamp_ms_of(message), now_ms())
    record = pending_record(
        topic, value, message.key(), headers, pending, verdict.template, source, partitions
    )
    return Row(record, message, part=item.part)


def _headers_of(message: Message, unreadable: Unreadable) -> Headers:
    headers = headers_of(message)
    return unreadable() if headers is None else headers
