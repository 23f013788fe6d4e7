"""From the bytes of a Kafka record to an event, or to the reason why not."""

from collections.abc import Callable
from typing import Any

import msgspec

from consumer.records.json_text import without_halves, without_mark
from consumer.records.reasons import UndecodableError
from pipeline.event import Event

Decode = Callable[[bytes | None], Event]


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_string = msgspec.json.Decoder(str)
_NUMBER_STARTS = frozenset(b"-0123456789"[place : place + 1] for place in range(11))


def decoder(input_format: str, source_field: str, message_field: str) -> Decode:
    """Return the decoder of the input format, ``json`` or ``text``."""
    return decode_text if input_format == "text" else json_decoder(source_field, message_field)


def json_decoder(source_field: str, message_field: str) -> Decode:
    """Return a decoder of JSON objects whose source and message lie at dotted paths.

    A member that is named with the dots in it (``{"log.message": ...}``) is found too. A missing source is
    the empty one.
    """
    source_path, message_path = source_field.split("."), message_field.split(".")
    if len(source_path) == len(message_path) == 1 and source_field != message_field:
        quick = msgspec.json.Decoder(
            msgspec.defstruct(
                "Record",
                [("message", str), ("source", str, "")],
                rename={"message": message_field, "source": source_field},
                gc=False,
            )
        )
    else:
        quick = None

    def decode(value: bytes | None) -> Event:
        if not value:
            raise UndecodableError("tombstone" if value is None else "empty")
        if not value.isascii():
            _check_utf8(value)
        if quick is not None:
            try:
                record: Any = quick.decode(value)
            except (msgspec.MsgspecError, RecursionError):
                pass  # an odd record, or no record at all: look closer
            else:
                return Event(record.source, record.message)
        value = without_halves(without_mark(value))
        try:
            content = _members.decode(value)
        except msgspec.ValidationError as error:
            raise UndecodableError("not_an_object") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise UndecodableError("not_json") from error
        message, source = _at(content, message_path), _at(content, source_path)
        if message in (b"", b"null"):
            raise UndecodableError("no_message")
        if message[:1] != b'"':
            raise UndecodableError("message_not_a_string")
        return Event(_source(source), _string.decode(message))

    return decode


def decode_text(value: bytes | None) -> Event:
    """Decode a record that is a line of text: the whole of it is the message, and it names no source."""
    if not value:
        raise UndecodableError("tombstone" if value is None else "empty")
    _check_utf8(value)
    return Event("", value.decode())


def _check_utf8(value: bytes) -> None:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise UndecodableError("not_utf8") from error


def _source(value: bytes) -> str:
    """Return a string, or a number as it is written; whatever else stands there names no source."""
    if value[:1] == b'"':
        return _string.decode(value)
    return value.decode() if value[:1] in _NUMBER_STARTS else ""


def _at(content: dict[str, msgspec.Raw], path: list[str]) -> bytes:
    """Return the JSON at a path, or under the whole path as a name; empty where there is none."""
    members = content
    for name in path[:-1]:
        inner = bytes(members.get(name, b""))
        members = _members.decode(inner) if inner[:1] == b"{" else {}
    return bytes(members[path[-1]] if path[-1] in members else content.get(".".join(path), b""))
