"""OTLP in protobuf, an ``ExportLogsServiceRequest``: what the Collector's Kafka exporter and Vector write."""

from collections.abc import Sequence
from typing import Any

from consumer.records.formats.flat import event_of
from consumer.records.formats.found import Bad, Found, Origin
from consumer.records.formats.limits import check_events
from consumer.records.formats.otlp_event import (
    Context,
    Level,
    flat,
    in_scope,
    level_of,
    member,
    message_among,
    of_resource,
    source_among,
    text_of,
)
from consumer.records.reasons import Reason, UndecodableError

_RESOURCE_LOGS, _SCOPE_LOGS = b"\n", b"\x12"
_IN_RESOURCE_LOGS = (b"\n", b"\x12", b"\x1a")
_SEEN_FIELDS = 50
_LARGE_BYTES = 1 << 20


def is_otlp_proto(value: bytes, origin: Origin) -> bool:
    """Return whether a record is a request by its first fields; no text has such bytes.

    A request is nothing but fields of number 1, one behind the other up to the end. In the first of them the
    resource and the logs of scopes are fields again, and what the latter start with is in no text.
    """
    if value[:1] != _RESOURCE_LOGS:
        return False
    place, first = 0, None
    for _ in range(_SEEN_FIELDS):
        if place == len(value):
            break
        content = _field(value, place)
        if content is None or value[place : place + 1] != _RESOURCE_LOGS:
            return False
        first = first or content
        place = content[1]
    if first is None:
        return False
    place, end = first
    seen = 0
    while place < end and seen < _SEEN_FIELDS:
        content = _field(value, place)
        if content is None or content[1] > end or value[place : place + 1] not in _IN_RESOURCE_LOGS:
            return False
        if value[place : place + 1] == _SCOPE_LOGS:
            return True
        place, seen = content[1], seen + 1
    return False


def _field(value: bytes, place: int) -> tuple[int, int] | None:
    """Return where the content of a field with a length starts and ends; None where it does not fit."""
    length = shift = 0
    for at in range(place + 1, min(place + 6, len(value))):
        length |= (value[at] & 0x7F) << shift
        shift += 7
        if value[at] < 0x80:
            return (at + 1, at + 1 + length) if at + 1 + length <= len(value) else None
    return None


def read_otlp_proto(value: bytes, origin: Origin) -> Sequence[Found | Bad]:
    """Return the log records of a request. Raises `UndecodableError`."""
    from google.protobuf.message import DecodeError

    from consumer.records.formats.otlp_schema import schema

    try:
        if len(value) > _LARGE_BYTES:
            _check_count(schema().raw_request.FromString(value))
        request = schema().request.FromString(value)
    except DecodeError as error:
        raise UndecodableError("not_this_format") from error
    if not request.resource_logs:
        raise UndecodableError("not_this_format")  # whatever else protobuf may take these bytes for
    found: list[Found | Bad] = []
    bad: dict[int, Reason] = {}
    levels = _Levels()
    index = shared = 0
    for resource_logs in request.resource_logs:
        resource: Context | None = None
        for scope_logs in resource_logs.scope_logs:
            records = scope_logs.log_records
            if not records:
                continue
            try:
                if resource is None:
                    resource = _resource(resource_logs.resource)
                    members = _Members(resource.taken)
                context = _scope(resource, scope_logs.scope)
            except DecodeError:
                bad.update((place, "not_this_format") for place in range(index, index + len(records)))
                index += len(records)
                check_events(index)
                continue
            shared += len(records) * (len(context.members) + len(resource_logs.resource))
            check_events(index + len(records), shared)
            for record in records:
                try:
                    found.append(_event(record, context, members, levels, index, origin))
                except UndecodableError as error:
                    bad[index] = error.reason
                except DecodeError:
                    bad[index] = "not_this_format"
                except UnicodeDecodeError:
                    bad[index] = "not_utf8"
                index += 1
    return sorted([*found, *_bad(value, bad)], key=_index) if bad else found


def _check_count(request: Any) -> None:
    """Raise `UndecodableError` where a request has too many messages: one of two bytes takes a hundred in memory."""
    count = 0
    for resource_logs in request.resource_logs:
        count += 1 + len(resource_logs.scope_logs)
        check_events(count)
        for scope_logs in resource_logs.scope_logs:
            count += len(scope_logs.log_records)
            check_events(count)


class _Members(dict[bytes, bytes]):
    """Attributes as members of a JSON object, each parsed once: many records of a request have the same ones."""

    def __init__(self, taken: frozenset[str]) -> None:
        super().__init__()
        self._taken = taken

    def __missing__(self, raw: bytes) -> bytes:
        written = self[raw] = member(*_attribute(raw), self._taken, "attributes.")
        return written


class _Levels(dict[tuple[int, bytes], Level]):
    """Severities by their number and text."""

    def __missing__(self, key: tuple[int, bytes]) -> Level:
        level = self[key] = level_of(key[0], key[1].decode())
        return level


def _event(
    record: Any, context: Context, members: _Members, levels: _Levels, index: int, origin: Origin
) -> Found:
    attributes, event_name = record.attributes, record.event_name
    if event_name:
        event_name = event_name.decode()
    message = record.body.string_value.decode() or _other_message(record) or event_name
    if not message:
        raise UndecodableError("no_message")
    source = context.source or source_among(dict(map(_attribute, attributes))) or context.fallback
    severity, level = levels[record.severity_number, record.severity_text]
    time_ns = record.time_unix_nano or record.observed_time_unix_nano
    written = map(members.__getitem__, attributes)
    value = flat(
        message, time_ns, level, written, record.trace_id, record.span_id, event_name, context.members
    )
    return Found(event_of(source, message, severity, origin), value, index)


def _other_message(record: Any) -> str:
    """Return a body that is no text, or the attribute that stands in for one."""
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue

    body = AnyValue.FromString(record.body.SerializeToString())
    return text_of(_python(body)) or message_among(dict(map(_attribute, record.attributes)))


def _resource(raw: bytes) -> Context:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

    return of_resource({each.key: _python(each.value) for each in Resource.FromString(raw).attributes})


def _scope(resource: Context, raw: bytes) -> Context:
    if not raw:
        return resource
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

    scope = InstrumentationScope.FromString(raw)
    return in_scope(resource, scope.name, scope.version)


def _attribute(raw: bytes) -> tuple[str, Any]:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    parsed = KeyValue.FromString(raw)
    return parsed.key, _python(parsed.value)


def _python(value: Any) -> Any:
    """Return a value of any of OTLP's kinds as Python has it; one of a kind that is not known is None."""
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return {each.key: _python(each.value) for each in value.kvlist_value.values}
    if kind == "array_value":
        return [_python(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def _bad(value: bytes, bad: dict[int, Reason]) -> list[Bad]:
    from consumer.records.formats.otlp_proto_same import alone_otlp_proto

    letters = alone_otlp_proto(value, [*bad])
    return [Bad(bad[index], index, letter) for index, letter in zip(bad, letters, strict=True)]


def _index(each: Found | Bad) -> int:
    return each.index or 0
