"""What is read of a consumed record, whatever its producer put there."""

from confluent_kafka import Message

Headers = list[tuple[str, bytes | None]]


def event_id(message: Message) -> str:
    """Return topic-partition-offset: the same for every delivery of the same record."""
    return f"{message.topic()}-{message.partition()}-{message.offset()}"


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


def last_header(message: Message, name: str) -> bytes:
    """Return the value of the last header of that name; empty where there is none."""
    values = [value for each, value in headers_of(message) or () if each == name]
    return (values[-1] if values else None) or b""


def timestamp_ms_of(message: Message) -> int:
    """Return a record's time in milliseconds since the epoch; 0 where it has none."""
    timestamp_ms = message.timestamp()[1]
    return timestamp_ms if timestamp_ms > 0 else 0
