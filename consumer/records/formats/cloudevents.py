"""CloudEvents on Kafka: structured, all in one JSON object, or binary, with attributes in headers."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from consumer.records.formats.elements import Members, with_classification
from consumer.records.formats.flat import event_of
from consumer.records.formats.found import Classification, Found, Origin, Read, ReadObject
from consumer.records.formats.members import check_utf8, members_of, text_of
from consumer.records.formats.objects import with_ours
from consumer.records.formats.severity import from_otel, from_word
from consumer.records.reasons import UndecodableError

_PREFIX = "ce_"
_STRUCTURED = "application/cloudevents"
_REQUIRED = ("specversion", "id", "source", "type")
_encode = msgspec.json.Encoder().encode


def is_cloudevent(members: Members, origin: Origin) -> bool:
    """Return whether an object is a structured event, or the data of a binary one."""
    return is_structured(members) or is_binary(b"", origin)


def is_structured(members: Members) -> bool:
    """Return whether an object has the attributes that every event has."""
    return all(name in members for name in _REQUIRED)


def is_binary(value: bytes, origin: Origin) -> bool:
    """Return whether the headers of a record are those of a binary event."""
    return any(name == "ce_specversion" for name, _ in origin.headers)


def cloudevent_reader(read_object: ReadObject) -> Read:
    """Return the reader of events in either mode; ``read_object`` reads data that is a JSON object."""

    def read(value: bytes, origin: Origin) -> list[Found]:
        content_type = _header(origin, "content-type").strip().lower()
        if is_binary(value, origin) and not content_type.startswith(_STRUCTURED):
            attributes = {
                name.removeprefix(_PREFIX): (content or b"").decode("utf-8", "replace")
                for name, content in origin.headers
                if name.startswith(_PREFIX)
            }
            return [_event(value, attributes, origin, read_object)]
        return [read_structured(value, origin, read_object)]

    return read


def read_structured(value: bytes, origin: Origin, read_object: ReadObject) -> Found:
    """Return the event of a JSON object. Raises `UndecodableError`."""
    members = members_of(value)
    if not is_structured(members):
        raise UndecodableError("not_this_format")
    attributes = {name: text for name, raw in members.items() if (text := text_of(bytes(raw)))}
    found = _event(_data(members), attributes, origin, read_object)
    ours = {"message": found.event.message, "@timestamp": attributes.get("time", "")}
    return Found(found.event, with_ours(value, members, ours))


def write_cloudevent(value: bytes, classifications: Sequence[Classification | None]) -> bytes:
    """Return an event with a classification, where it or its data is a JSON object; any other as it is."""
    given = classifications[0]
    try:
        members_of(value)
    except UndecodableError:
        return value
    return value if given is None else with_classification(value, given)


def _data(members: Members) -> bytes:
    """Return the data of a structured event: a text as itself, and whatever else as JSON."""
    encoded = members.get("data_base64")
    if encoded is not None:
        try:
            return b64decode(text_of(bytes(encoded)), validate=True)
        except ValueError as error:
            raise UndecodableError("not_this_format") from error
    data = bytes(members.get("data", b"null"))
    if data == b"null":
        return b""
    return text_of(data).encode() if data[:1] == b'"' else data


def _event(data: bytes, attributes: Mapping[str, str], origin: Origin, read_object: ReadObject) -> Found:
    """Return the event of some data: its own message, or else a message made of type and subject."""
    source = attributes.get("source", "")
    ours: dict[str, Any] = {
        f"cloudevents.event_{name}": attributes.get(name, "") for name in ("id", "source", "type", "subject")
    }
    ours["@timestamp"] = attributes.get("time", "")
    severity = from_word(attributes.get("severitytext", "")) or _numbered(
        attributes.get("severitynumber", "")
    )
    made = " ".join(text for name in ("type", "subject") if (text := attributes.get(name, "")))
    if data.lstrip()[:1] == b"{":
        try:
            members = members_of(data)
        except UndecodableError:
            members = None  # a text that starts so
        if members is not None:
            try:
                found = read_object(data, origin._replace(topic=source or origin.topic))
            except UndecodableError as error:
                if error.reason not in ("no_message", "message_not_a_string"):
                    raise
                event = event_of(source, made, severity, origin)
                return Found(event, with_ours(data, members, {"message": made, **ours}))
            event = found.event
            if severity and not event.severity:
                event = msgspec.structs.replace(event, severity=severity)
            return Found(event, with_ours(data, members, {"message": event.message, **ours}))
    check_utf8(data)
    message = data.decode().strip() or made
    if not message:
        raise UndecodableError("no_message")
    known = {name: text for name, text in ours.items() if text}
    return Found(event_of(source, message, severity, origin), _encode({"message": message, **known}))


def _numbered(number: str) -> str:
    return from_otel(int(number)) if number.isascii() and number.isdigit() and len(number) < 3 else ""


def _header(origin: Origin, name: str) -> str:
    values = [content for each, content in origin.headers if each.lower() == name]
    return (values[-1] or b"").decode("utf-8", "replace") if values else ""
