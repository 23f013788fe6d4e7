"""A record to publish, as a plain value."""

import msgspec
from confluent_kafka import Message

Headers = list[tuple[str, bytes | None]]


class OutgoingRecord(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One record to publish.

    ``timestamp_ms`` 0 leaves the time to the broker, ``partition`` -1 the partition to the key. ``of`` is the
    consumed record whose outcome it is; None for a record that is no event's outcome.
    """

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int = -1
    of: Message | None = None


def size_of(record: OutgoingRecord) -> int:
    """Return how many bytes a record has, its key and headers among them."""
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.value or b"") + len(record.key or b"") + headers
