"""An example of a record and of what is in it."""

from typing import Any, NamedTuple

from consumer.records.incoming import Headers
from pipeline.event import Event

TOPIC = "platform"


class Example(NamedTuple):
    """A record, and the events in it; ``keeps`` are members that the first event's JSON object has."""

    name: str
    format: str
    value: bytes
    events: list[Event]
    keeps: dict[str, Any] = {}  # noqa: RUF012 - never changed
    headers: Headers = []  # noqa: RUF012
