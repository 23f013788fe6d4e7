"""What a subscription of CloudWatch Logs delivers: an object with ``logEvents``, or several one behind the other."""

from collections.abc import Sequence
from json import JSONDecodeError, JSONDecoder

import msgspec

from consumer.records.formats.elements import Element, Members, Split, splitter_of_member
from consumer.records.formats.flat import flat
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.limits import MOST_EVENTS, check_events
from consumer.records.formats.members import check_utf8, members_of, text_of
from consumer.records.formats.times import from_milliseconds
from consumer.records.reasons import UndecodableError

_object = splitter_of_member("logEvents")
_json = JSONDecoder()
_WHITE_SPACE = " \t\r\n"


class _LogEvent(msgspec.Struct, gc=False):
    message: str
    timestamp: int = 0
    id: str = ""


_log_event = msgspec.json.Decoder(_LogEvent)


def is_cloudwatch(members: Members, origin: Origin) -> bool:
    """Return whether an object is what a subscription delivers."""
    return "logEvents" in members and "messageType" in members


def are_cloudwatch(value: bytes, origin: Origin) -> bool:
    """Return whether a record, which is no single object, starts as what a subscription delivers."""
    return value.startswith((b'{"messageType":"DATA_MESSAGE"', b'{"messageType":"CONTROL_MESSAGE"'))


def split_cloudwatch(value: bytes) -> Split:
    """Take a record apart into its log events; there are none in a message that only checks the connection."""
    splits = [_object(each) for each in _objects(value) if not _is_control(each)]
    elements = [each for split in splits for each in split.elements]
    check_events(len(elements))

    def join(values: Sequence[bytes | None]) -> bytes:
        parts, start = [], 0
        for split in splits:
            end = start + len(split.elements)
            if any(each is not None for each in values[start:end]):
                parts.append(split.join(values[start:end]))
            start = end
        return b"".join(parts)

    return Split(elements, join)


def read_log_event(element: Element, origin: Origin) -> Found:
    """Return the event of a log event: the last part of the group's name is its source."""
    try:
        event = _log_event.decode(element.value)
    except msgspec.ValidationError as error:
        raise UndecodableError("no_message") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UndecodableError("not_json") from error
    if not event.message.strip():
        raise UndecodableError("no_message")
    group = text_of(bytes(element.around.get("logGroup", b"")))
    stream = text_of(bytes(element.around.get("logStream", b"")))
    members = {
        "@timestamp": from_milliseconds(event.timestamp),
        "service.name": group.rstrip("/").rpartition("/")[2],
        "event.id": event.id,
        "cloud.account.id": text_of(bytes(element.around.get("owner", b""))),
        "aws.log.group.names": [group] if group else None,
        "aws.log.stream.names": [stream] if stream else None,
    }
    return flat(event.message, origin, members)


def _is_control(value: bytes) -> bool:
    kind = text_of(bytes(members_of(value).get("messageType", b"")))
    if kind not in ("DATA_MESSAGE", "CONTROL_MESSAGE"):
        raise UndecodableError("not_this_format")
    return kind == "CONTROL_MESSAGE"


def _objects(value: bytes) -> list[bytes]:
    """Return the JSON objects of a record, which follow each other with or without white space between them."""
    try:
        members_of(value)
    except UndecodableError as error:
        if error.reason != "not_json":
            raise
    else:
        return [value]
    check_utf8(value)
    text, place, found = value.decode().strip(_WHITE_SPACE), 0, []
    while place < len(text):
        try:
            end = _json.raw_decode(text, place)[1]
        except (JSONDecodeError, RecursionError, ValueError) as error:
            raise UndecodableError("not_json") from error
        found.append(text[place:end].encode())
        place = len(text) - len(text[end:].lstrip(_WHITE_SPACE))
        if len(found) > MOST_EVENTS:
            raise UndecodableError("too_large")
    return found
