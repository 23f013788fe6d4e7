"""A line of text: the whole of it is the message."""

from collections.abc import Callable

import msgspec

from consumer.records.formats.found import Found, Origin, Read
from consumer.records.formats.inner import is_odd, own_part
from consumer.records.formats.members import check_utf8
from consumer.records.json_text import without_mark
from pipeline.event import Event

_encode = msgspec.json.Encoder().encode


def text_object(source_field: str | None, message_field: str | None) -> Callable[[str, str], bytes]:
    """Return what makes a JSON object of a source and a message, under the names that a user gives."""
    source_path = (source_field or "source").split(".")
    message_path = (message_field or "log_message").split(".")

    def make(source: str, message: str) -> bytes:
        record: dict[str, object] = {}
        for path, text in ((source_path, source), (message_path, message)):
            members = record
            for name in path[:-1]:
                members = members.setdefault(name, {})  # type: ignore[assignment]
            members[path[-1]] = text
        return _encode(record)

    return make


def text_reader(source_field: str | None = None, message_field: str | None = None) -> Read:
    """Return the reader of lines of text. The topic is the source."""
    make = text_object(source_field, message_field)

    def read(value: bytes, origin: Origin) -> list[Found]:
        check_utf8(value)
        text = without_mark(value).decode()
        message, severity = own_part(text, "") if is_odd(text) else (text, "")
        return [Found(Event(origin.topic, message, severity), make(origin.topic, text))]

    return read
