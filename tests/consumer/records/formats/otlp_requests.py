"""OTLP requests to read: hand-made, and drawn; each in protobuf, and in JSON by OTLP's own mapping."""

import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs


def any_value(value: Any) -> AnyValue:
    result = AnyValue()
    match value:
        case bool():
            result.bool_value = value
        case int():
            result.int_value = value
        case float():
            result.double_value = value
        case str():
            result.string_value = value
        case bytes():
            result.bytes_value = value
        case list():
            result.array_value.SetInParent()
            result.array_value.values.extend(any_value(each) for each in value)
        case dict():
            result.kvlist_value.SetInParent()
            result.kvlist_value.values.extend(attributes(value))
    return result


def attributes(members: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=any_value(value)) for name, value in members.items()]


def log_record(body: Any = "", more: dict[str, Any] | None = None, **fields: Any) -> LogRecord:
    record = LogRecord(**fields, attributes=attributes(more or {}))
    if body is not None:
        record.body.CopyFrom(any_value(body))
    return record


def request(
    records: list[LogRecord], resource: dict[str, Any] | None = None, scope: str = ""
) -> ExportLogsServiceRequest:
    scope_logs = ScopeLogs(log_records=records)
    scope_logs.scope.name = scope
    resource_logs = ResourceLogs(scope_logs=[scope_logs])
    resource_logs.resource.attributes.extend(attributes(resource or {}))
    return ExportLogsServiceRequest(resource_logs=[resource_logs])


def in_json(message: ExportLogsServiceRequest) -> bytes:
    """Return a request in OTLP's JSON: protobuf's mapping, with ids in hexadecimal and enumerations as numbers."""
    content = MessageToDict(message, use_integers_for_enums=True)
    places = [
        (place, record)
        for resource_logs, resource in zip(
            content.get("resourceLogs", []), message.resource_logs, strict=True
        )
        for scope_logs, scope in zip(resource_logs.get("scopeLogs", []), resource.scope_logs, strict=True)
        for place, record in zip(scope_logs.get("logRecords", []), scope.log_records, strict=True)
    ]
    for place, record in places:
        if record.trace_id:
            place["traceId"] = record.trace_id.hex()
        if record.span_id:
            place["spanId"] = record.span_id.hex()
    return json.dumps(content).encode()


_texts = st.text(st.characters(codec="utf-8"), max_size=12)
_values = st.recursive(
    _texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([0.5, -3e20])
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_names = (
    st.sampled_from(["service.name", "container.name", "message", "@timestamp", "classification"]) | _texts
)
_attributes = st.dictionaries(_names, _values, max_size=4)
_records = st.builds(
    log_record,
    st.none() | _texts | _values,
    _attributes,
    time_unix_nano=st.sampled_from([0, 1, 1_700_000_000_123_456_789, 2**64 - 1]),
    observed_time_unix_nano=st.sampled_from([0, 2]),
    severity_number=st.integers(0, 24),
    severity_text=st.sampled_from(["", "INFO", "warn", "\N{SNOWMAN}"]),
    trace_id=st.sampled_from([b"", bytes(range(16))]),
    event_name=st.sampled_from(["", "device.app.lifecycle"]),
)
_one = st.builds(
    request, st.lists(_records, max_size=3), _attributes, st.sampled_from(["", "com.example.Pay"])
)


@st.composite
def requests(draw: st.DrawFn) -> ExportLogsServiceRequest:
    """Draw a request with one to three resources."""
    result = ExportLogsServiceRequest()
    for each in draw(st.lists(_one, min_size=1, max_size=3)):
        result.MergeFrom(each)
    return result
