"""One record read as the service reads it, on the quick path and by its reader, which have to agree."""

from collections.abc import Sequence

from consumer.records.formats.found import Bad, Found
from consumer.records.formats.readers import Readers
from consumer.records.incoming import Headers
from consumer.records.outgoing import Row
from consumer.records.reading import Item, RecordReader, origin_of
from consumer.records.reasons import UndecodableError
from pipeline.event import Event
from tests.support.consumed import consumed

MOST = 1 << 30


def read(
    value: bytes | None,
    input_format: str = "auto",
    source_field: str | None = None,
    message_field: str | None = None,
    *,
    topic: str = "logs.raw",
    headers: Headers | None = None,
) -> Sequence[Found | Bad]:
    """Return what a record holds; raises `UndecodableError`."""
    message = consumed(value, topic=topic, headers=headers)
    readers = Readers(input_format, source_field, message_field)
    reader = RecordReader(input_format, source_field, message_field, "logs.dead")
    parts = reader.read([message], MOST, MOST).parts
    reason = parts[0].reason if parts and isinstance(parts[0], Row) else None
    try:
        found: Sequence[Found | Bad] = readers.read(value, origin_of(message))[1]
    except UndecodableError as error:
        if error.reason == reason:
            raise
        raise AssertionError(f"the quick path says {reason}, the reader {error.reason}") from error
    for each, part in zip(found, parts, strict=True):
        if isinstance(each, Bad):
            assert isinstance(part, Row)
            assert (part.reason, part.record.value) == (each.reason, each.value)
        else:
            assert isinstance(part, Item)
            assert (part.event, part.value) == (each.event, each.value)
    return found


def event_of(
    value: bytes | None,
    input_format: str = "auto",
    source_field: str | None = None,
    message_field: str | None = None,
    *,
    topic: str = "logs.raw",
    headers: Headers | None = None,
) -> Event:
    """Return the only event of a record; raises `UndecodableError`."""
    (found,) = read(value, input_format, source_field, message_field, topic=topic, headers=headers)
    assert isinstance(found, Found)
    return found.event
