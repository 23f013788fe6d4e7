"""OTLP requests in JSON that come out as OTLP requests: labelled, or with one log record alone."""

from collections.abc import Sequence
from typing import Any

from consumer.records.formats.found import Classification
from consumer.records.formats.otlp_event import encode
from consumer.records.formats.otlp_json import alone, get, list_of, objects, request_of

_PREFIX = "logsluice."


def write_otlp_json(value: bytes, classifications: Sequence[Classification | None]) -> bytes:
    """Return a request with attributes added to each log record, and without those that have no classification."""
    request = request_of(value)
    index = 0
    for resource_logs in objects(request, "resourceLogs"):
        for scope_logs in objects(resource_logs, "scopeLogs"):
            records = list_of(scope_logs, "logRecords")
            given = classifications[index : index + len(records)]
            index += len(records)
            records[:] = [
                _labelled(record, each) for record, each in zip(records, given, strict=True) if each
            ]
        _keep(list_of(resource_logs, "scopeLogs"), "logRecords")
    _keep(list_of(request, "resourceLogs"), "scopeLogs")
    return encode(request)


def alone_otlp_json(value: bytes, indexes: Sequence[int]) -> list[bytes]:
    """Return a request for each of some log records, under its resource and scope."""
    wanted, found, index = frozenset(indexes), {}, 0
    for resource_logs in objects(request_of(value), "resourceLogs"):
        for scope_logs in objects(resource_logs, "scopeLogs"):
            for record in list_of(scope_logs, "logRecords"):
                if index in wanted:
                    found[index] = alone(resource_logs, scope_logs, record)
                index += 1
    return [found[each] for each in indexes]


def _labelled(record: dict[str, Any], given: Classification) -> dict[str, Any]:
    ours = (("label", given.label), ("tier", given.tier), ("template", given.template))
    theirs = [
        each
        for each in list_of(record, "attributes")
        if not (isinstance(each, dict) and str(get(each, "key")).startswith(_PREFIX))
    ]
    texts = [{"key": _PREFIX + name, "value": {"stringValue": text}} for name, text in ours]
    confidence = {"key": f"{_PREFIX}confidence", "value": {"doubleValue": given.confidence}}
    return {**record, "attributes": [*theirs, *texts, confidence]}


def _keep(each_of: list[Any], name: str) -> None:
    """Keep the members of an array that still have something under that name."""
    each_of[:] = [each for each in each_of if isinstance(each, dict) and list_of(each, name)]
