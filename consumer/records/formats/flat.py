"""One event of a format that is no JSON, as a flat JSON object with the names of ECS and OpenTelemetry."""

from collections.abc import Mapping
from typing import Any

import msgspec

from consumer.records.formats.found import Found, Origin
from consumer.records.formats.inner import is_odd, own_part
from consumer.records.formats.times import from_milliseconds
from pipeline.event import Event

_encode = msgspec.json.Encoder().encode


def event_of(source: str, message: str, severity: str, origin: Origin) -> Event:
    """Return an event: from the topic where nothing else is its source, and of a message in a message only that."""
    if is_odd(message):
        message, severity = own_part(message, severity)
    return Event(source or origin.topic, message, severity)


def flat(message: str, origin: Origin, members: Mapping[str, Any], severity: str = "") -> Found:
    """Return an event and its JSON object: the message, and the members that are known.

    ``service.name`` among the members is its source. Where none is ``@timestamp``, the time of the record is.
    """
    event = event_of(members.get("service.name", ""), message, severity, origin)
    time = members.get("@timestamp") or (
        from_milliseconds(origin.timestamp_ms) if origin.timestamp_ms else ""
    )
    known = {name: value for name, value in members.items() if value not in ("", None)}
    ours = {"message": message, "@timestamp": time} if time else {"message": message}
    return Found(event, _encode({**ours, **known}))
