"""Raw records read as the service reads them, without Kafka."""

import sys
from collections.abc import Iterable

from consumer.records.formats.table import AUTO
from consumer.records.reading import Item, RecordReader
from pipeline.event import Event
from tests.support.consumed import consumed


def events_in(values: Iterable[bytes]) -> list[Event]:
    """Return the events of raw records, each of which holds one."""
    reader = RecordReader(AUTO, None, None, "logs.dead")
    found = reader.read([consumed(value) for value in values], sys.maxsize, sys.maxsize)
    return [part.event for part in found.parts if isinstance(part, Item)]
