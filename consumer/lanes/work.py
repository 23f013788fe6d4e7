"""A batch in slices, so that it is bounded by work as well as by count."""

from collections.abc import Callable, Iterator, Sequence

from confluent_kafka import Message

SLICE_EVENTS = 1_000
SLICE_BYTES = 256 << 10
"""A slice of new templates of ordinary length takes the encoder a few seconds at the most."""
BATCH_S = 5.0
"""How long a batch may be worked on before the rest of it is left for the next; the group waits for 300 s."""


def slices(
    batch: Sequence[Message], beat: Callable[[], None], clock: Callable[[], float]
) -> Iterator[Sequence[Message]]:
    """Yield a batch in slices, in order, until all of it is done or `BATCH_S` is over; at least one.

    ``beat`` is called before each of them.
    """
    until = clock() + BATCH_S
    start = 0
    while start < len(batch) and (start == 0 or clock() < until):
        beat()
        end, size = start, 0
        while end < len(batch) and end - start < SLICE_EVENTS and (size < SLICE_BYTES or end == start):
            size += len(batch[end].value() or b"")
            end += 1
        yield batch[start:end]
        start = end
