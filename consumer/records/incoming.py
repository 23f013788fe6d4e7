"""What is read of a consumed record, whatever its producer put there."""

from collections.abc import Sequence

from confluent_kafka import Message

Headers = list[tuple[str, bytes | None]]


def event_id(message: Message) -> str:
    """Return topic-partition-offset: the same for every delivery of the same record."""
    return event_ids([message])[0]


def event_ids(messages: Sequence[Message]) -> list[str]:
    """Return the same for each record."""
    return [f"{message.topic()}-{message.partition()}-{message.offset()}" for message in messages]


def topic_of(event_id: str) -> str:
    """Return the topic that an event id names."""
    return event_id.rsplit("-", 2)[0]


def headers_of(message: Message) -> Headers | None:
    """Return a record's headers, empty where it has none; None where they cannot be read.

    The client reads all of them or none: one header name that is not UTF-8 makes it raise `SystemError`.
    """
    try:
        headers = message.headers()
    except (SystemError, UnicodeError):
        return None
    if not headers:
        return []
    pairs = headers.items() if isinstance(headers, dict) else headers
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in pairs]


def headers_of_each(messages: Sequence[Message]) -> Sequence[Headers | None]:
    """Return the headers of each record, None where they cannot be read; nothing at all where none has any."""
    try:
        theirs = [message.headers() for message in messages]
        if not any(theirs):
            return ()
    except (SystemError, UnicodeError):
        pass  # of one of them
    return [headers_of(message) for message in messages]


def last_header(message: Message, name: str) -> bytes:
    """Return the value of the last header of that name; empty where there is none."""
    values = [value for each, value in headers_of(message) or () if each == name]
    return (values[-1] if values else None) or b""


def timestamps_ms_of(messages: Sequence[Message]) -> list[int]:
    """Return the time of each record; see `timestamp_ms_of`."""
    times_ms = [message.timestamp()[1] for message in messages]
    return times_ms if min(times_ms, default=0) >= 0 else [max(time_ms, 0) for time_ms in times_ms]


def timestamp_ms_of(message: Message) -> int:
    """Return a record's time in milliseconds since the epoch; 0 where it has none."""
    timestamp_ms = message.timestamp()[1]
    return timestamp_ms if timestamp_ms > 0 else 0
