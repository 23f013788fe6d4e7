"""A batch in slices, so that it is bounded by work as well as by count: one record may hold thousands of events."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from confluent_kafka import Message

from consumer.records.outgoing import Row
from consumer.records.reading import Item

SLICE_EVENTS = 1_000
SLICE_BYTES = 256 << 10
"""A slice of new templates of ordinary length takes the encoder a few seconds at the most."""
BATCH_S = 5.0
"""How long a batch may be worked on before the rest of it is left for the next; the group waits for 300 s."""
BATCH_BYTES = 64 << 20
"""How much of what records hold, decoded, a batch may have before the rest of it is left for the next."""


def next_records(batch: Sequence[Message], start: int) -> Sequence[Message]:
    """Return the records of a batch that are read next, from ``start`` on: as many as make a slice, at least one."""
    records = batch[start : start + SLICE_EVENTS]
    sizes = [len(record.value() or b"") for record in records]
    if sum(sizes) < SLICE_BYTES:
        return records  # as nearly always
    return records[: next(count for count, size in enumerate(accumulate(sizes), 1) if size >= SLICE_BYTES)]


def slices(parts: Sequence[Item | Row], records: int) -> Iterator[Sequence[Item | Row]]:
    """Yield what was read of so many records in slices, in order.

    Where each record holds one event they are a slice already.
    """
    if len(parts) == records:
        yield parts
        return
    start = end = size = 0
    for end, part in enumerate(parts, 1):
        size += len(part.value if isinstance(part, Item) else part.record.value or b"")
        if end - start == SLICE_EVENTS or size >= SLICE_BYTES:
            yield parts[start:end]
            start, size = end, 0
    if start < end:
        yield parts[start:end]
