"""What one record may become at most: a small record must not fill the memory."""

from consumer.records.reasons import UndecodableError

MOST_BYTES = 64 << 20
"""Of all events of a record as JSON objects: what they share is written into each."""
MOST_EVENTS = 100_000
MOST_VALUES = 1_000_000
"""Of JSON, by its commas: a value of one byte takes a hundred in memory."""


def check_events(events: int, shared_bytes: int = 0) -> None:
    """Raise `UndecodableError` where a record has too many events, or they would be too large.

    ``shared_bytes`` is the size of what is repeated in the events, over all of them.
    """
    if events > MOST_EVENTS or shared_bytes > MOST_BYTES:
        raise UndecodableError("too_large")


def check_values(value: bytes) -> None:
    """Raise `UndecodableError` where JSON has too many values."""
    if len(value) > MOST_VALUES and value.count(b",") > MOST_VALUES:
        raise UndecodableError("too_large")
