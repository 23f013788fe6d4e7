"""OTLP in JSON: what the Collector's Kafka exporter writes as ``otlp_json``.

Names are in lower camel case, or as in the protobuf, which the Collector takes too. Ids are hexadecimal, 64-bit
integers are texts or numbers, enumerations are numbers or names.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from consumer.records.formats.flat import event_of
from consumer.records.formats.found import Bad, Found, Origin
from consumer.records.formats.limits import check_events, check_values
from consumer.records.formats.otlp_event import (
    Context,
    encode,
    flat,
    in_scope,
    level_of,
    member,
    message_among,
    of_resource,
    source_among,
    text_of,
)
from consumer.records.json_text import without_halves, without_mark
from consumer.records.reasons import UndecodableError

_MOST_TIME_NS = 2**64
_LEAST_INTEGER = -(2**63)
_SEVERITY_NUMBERS = {
    f"SEVERITY_NUMBER_{word}{step or ''}": number + (step or 1) - 1
    for number, word in ((1, "TRACE"), (5, "DEBUG"), (9, "INFO"), (13, "WARN"), (17, "ERROR"), (21, "FATAL"))
    for step in (0, 1, 2, 3, 4)
}
_HEX = frozenset("0123456789abcdefABCDEF")


def is_otlp_json(members: Mapping[str, msgspec.Raw], origin: Origin) -> bool:
    """Return whether an object is a request."""
    return bytes(members.get("resourceLogs", members.get("resource_logs", b"")))[:1] == b"["


def read_otlp_json(value: bytes, origin: Origin) -> Sequence[Found | Bad]:
    """Return the log records of a request. Raises `UndecodableError`."""
    try:
        return _events(request_of(value), origin)
    except RecursionError as error:
        raise UndecodableError("not_json") from error


def _events(request: Mapping[str, Any], origin: Origin) -> list[Found | Bad]:
    found: list[Found | Bad] = []
    index = shared = 0
    for resource_logs in objects(request, "resourceLogs"):
        resource = object_of(resource_logs, "resource")
        shared_here = len(encode(resource))
        of_all: Context | None = None
        for scope_logs in objects(resource_logs, "scopeLogs"):
            records = list_of(scope_logs, "logRecords")
            if not records:
                continue
            if of_all is None:
                of_all = of_resource(_attributes(resource))
            scope = object_of(scope_logs, "scope")
            context = in_scope(of_all, _text(scope, "name"), _text(scope, "version"))
            shared += len(records) * (len(context.members) + shared_here)
            check_events(index + len(records), shared)
            for record in records:
                try:
                    found.append(_event(record, context, index, origin))
                except UndecodableError as error:
                    found.append(Bad(error.reason, index, alone(resource_logs, scope_logs, record)))
                index += 1
    return found


def request_of(value: bytes) -> dict[str, Any]:
    """Return what a request holds. Raises `UndecodableError`."""
    check_values(value)
    try:
        request = msgspec.json.decode(without_halves(without_mark(value)))
    except UnicodeDecodeError as error:
        raise UndecodableError("not_utf8") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UndecodableError("not_json") from error
    if not isinstance(request, dict) or not isinstance(get(request, "resourceLogs"), list):
        raise UndecodableError("not_this_format")
    return request


def alone(resource_logs: Mapping[str, Any], scope_logs: Mapping[str, Any], record: Any) -> bytes:
    """Return a request with one log record, under its resource and scope."""
    scope = {**_without(scope_logs, "logRecords"), "logRecords": [record]}
    return encode({"resourceLogs": [{**_without(resource_logs, "scopeLogs"), "scopeLogs": [scope]}]})


def get(members: Mapping[str, Any], name: str) -> Any:
    """Return a member by its name in lower camel case, or by the one of the protobuf; None where there is none."""
    value = members.get(name)
    return members.get(_snake(name)) if value is None else value


def list_of(members: Mapping[str, Any], name: str) -> list[Any]:
    """Return a member that is an array; empty where it is none."""
    value = get(members, name)
    return value if isinstance(value, list) else []


def objects(members: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in a member that is an array."""
    return (each for each in list_of(members, name) if isinstance(each, dict))


def object_of(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a member that is an object; empty where it is none."""
    value = get(members, name)
    return value if isinstance(value, dict) else {}


def _event(record: Any, context: Context, index: int, origin: Origin) -> Found:
    if not isinstance(record, dict):
        raise UndecodableError("not_an_object")
    attributes = _attributes(record)
    event_name = _text(record, "eventName")
    try:
        text = text_of(_python(get(record, "body")))
    except UnicodeDecodeError as error:
        raise UndecodableError("not_utf8") from error
    message = text or message_among(attributes) or event_name
    if not message:
        raise UndecodableError("no_message")
    source = context.source or source_among(attributes) or context.fallback
    number = get(record, "severityNumber")
    if isinstance(number, str):
        number = _SEVERITY_NUMBERS.get(number, number)
    severity, level = level_of(_integer(number), _text(record, "severityText"))
    value = flat(
        message,
        _time(record, "timeUnixNano") or _time(record, "observedTimeUnixNano"),
        level,
        [member(name, each, context.taken, "attributes.") for name, each in attributes.items()],
        _id(record, "traceId"),
        _id(record, "spanId"),
        event_name,
        context.members,
    )
    return Found(event_of(source, message, severity, origin), value, index)


def _attributes(members: Mapping[str, Any]) -> dict[str, Any]:
    return {_text(each, "key"): _python(get(each, "value")) for each in objects(members, "attributes")}


def _python(value: Any) -> Any:
    """Return a value of any of OTLP's kinds as Python has it; one of a kind that is not known is None."""
    if not isinstance(value, dict):
        return None
    for name, content in value.items():
        match name:
            case "stringValue" | "string_value" | "boolValue" | "bool_value" | "doubleValue" | "double_value":
                return content
            case "intValue" | "int_value":
                return _integer(content)
            case "bytesValue" | "bytes_value":
                return _bytes(content)
            case "arrayValue" | "array_value":
                values = content if isinstance(content, dict) else {}
                return [_python(each) for each in list_of(values, "values")]
            case "kvlistValue" | "kvlist_value":
                values = content if isinstance(content, dict) else {}
                return {_text(each, "key"): _python(get(each, "value")) for each in objects(values, "values")}
    return None


def _bytes(content: Any) -> bytes | None:
    try:
        return b64decode(content) if isinstance(content, str) else None
    except (Base64Error, ValueError):
        return None


def _text(members: Mapping[str, Any], name: str) -> str:
    value = get(members, name)
    return value if isinstance(value, str) else ""


def _integer(value: Any) -> int:
    """Return an integer that is a number or a text; 0 for whatever else stands there."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        value = int(value) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if _LEAST_INTEGER <= value < _MOST_TIME_NS else 0


def _time(record: Mapping[str, Any], name: str) -> int:
    time_ns = _integer(get(record, name))
    return time_ns if 0 < time_ns < _MOST_TIME_NS else 0


def _id(record: Mapping[str, Any], name: str) -> bytes:
    text = _text(record, name)
    return bytes.fromhex(text) if len(text) % 2 == 0 and _HEX.issuperset(text) else b""


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _without(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in members.items() if each not in (name, _snake(name))}
