"""OTLP requests in protobuf that come out as OTLP requests: labelled, or with one log record alone."""

from collections.abc import Sequence
from typing import Any

from consumer.records.formats.found import Classification

_PREFIX = "logsluice."


def write_otlp_proto(value: bytes, classifications: Sequence[Classification | None]) -> bytes:
    """Return a request with attributes added to each log record, and without those that have no classification."""
    from consumer.records.formats.otlp_schema import schema

    request = schema().raw_request.FromString(value)
    written: dict[tuple[str, float, str, str], bytes] = {}
    index = 0
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            kept = []
            for record in scope_logs.log_records:
                given = classifications[index]
                index += 1
                if given is not None:
                    key = (given.label, given.confidence, given.tier, given.template)
                    if key not in written:
                        written[key] = _attributes(given)
                    # Two messages of protobuf, one behind the other, are one with the fields of both.
                    kept.append(_without_ours(record) + written[key])
            scope_logs.log_records[:] = kept
        _keep(resource_logs.scope_logs, [bool(each.log_records) for each in resource_logs.scope_logs])
    _keep(request.resource_logs, [bool(each.scope_logs) for each in request.resource_logs])
    return bytes(request.SerializeToString())


def alone_otlp_proto(value: bytes, indexes: Sequence[int]) -> list[bytes]:
    """Return a request for each of some log records, under its resource and scope."""
    from consumer.records.formats.otlp_schema import schema

    raw_request = schema().raw_request
    wanted, alone, index = frozenset(indexes), {}, 0
    for resource_logs in raw_request.FromString(value).resource_logs:
        records = [[*scope_logs.log_records] for scope_logs in resource_logs.scope_logs]
        scopes = [*resource_logs.scope_logs]
        for scope_logs in scopes:
            del scope_logs.log_records[:]
        resource = None
        for scope_logs, texts in zip(scopes, records, strict=True):
            for text in texts:
                if index in wanted:
                    if resource is None:
                        resource = type(resource_logs)()
                        resource.CopyFrom(resource_logs)
                        del resource.scope_logs[:]
                    one = raw_request()
                    its_resource = one.resource_logs.add()
                    its_resource.CopyFrom(resource)
                    its_scope = its_resource.scope_logs.add()
                    its_scope.CopyFrom(scope_logs)
                    its_scope.log_records.append(text)
                    alone[index] = one.SerializeToString()
                index += 1
    return [alone[each] for each in indexes]


def _attributes(given: Classification) -> bytes:
    """Return a log record that has nothing but what is known of an event."""
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

    record = LogRecord()
    for name, text in (("label", given.label), ("tier", given.tier), ("template", given.template)):
        attribute = record.attributes.add(key=_PREFIX + name)
        attribute.value.string_value = text
    confidence = record.attributes.add(key=_PREFIX + "confidence")
    confidence.value.double_value = given.confidence
    return bytes(record.SerializeToString())


def _without_ours(record: bytes) -> bytes:
    """Return a log record without attributes of ours, which it may have from being labelled before."""
    if _PREFIX.encode() not in record:
        return record
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

    parsed = LogRecord.FromString(record)
    _keep(parsed.attributes, [not each.key.startswith(_PREFIX) for each in parsed.attributes])
    return bytes(parsed.SerializeToString())


def _keep(repeated: Any, kept: Sequence[bool]) -> None:
    """Delete the messages of a repeated field that are not kept."""
    for place in reversed(range(len(kept))):
        if not kept[place]:
            del repeated[place]
