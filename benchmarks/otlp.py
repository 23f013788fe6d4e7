"""Events a second of OTLP in protobuf, against the same events as JSON objects, in one process without Kafka."""

import hashlib
import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from confluent_kafka import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from consumer.lanes.fast import FastProcessor
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.cascade import Cascade
from tests.support.consumed import consumed
from training.sample import sample_events

_RECORDS_A_REQUEST = 100
_EVENTS = 30_000
_BATCH = 10_000
_ROUNDS = 5
_LEVELS = ((9, "INFO"), (13, "WARN"), (17, "ERROR"))
_RESOURCE = {
    "k8s.namespace.name": "shop",
    "k8s.pod.name": "checkout-6d5f8c9b7d-x2k4q",
    "telemetry.sdk.language": "java",
}


class Rates(msgspec.Struct, frozen=True):
    """Events decoded, labelled and encoded in a second."""

    protobuf: float
    json: float


def measure(cascade: Cascade) -> Rates:
    """Return the best of some rounds of each, warm; the rounds take turns."""
    processor = FastProcessor(Settings.model_validate({}), cascade, Metrics(cascade.bundle.labels))
    raw = itertools.islice(sample_events(), 2 * _EVENTS)
    events = [msgspec.json.decode(value, type=dict[str, Any]) for value in raw]
    _seconds(processor, _objects(events[:_EVENTS]))
    # The events of a request share a resource, mostly.
    events = sorted(events[_EVENTS:], key=lambda event: str(event["source"]))
    requests, objects = _requests(events), _objects(events)
    times = [(_seconds(processor, requests), _seconds(processor, objects)) for _ in range(_ROUNDS)]
    return Rates(*(_EVENTS / min(each) for each in zip(*times, strict=True)))


def _objects(events: Sequence[dict[str, Any]]) -> list[Message]:
    return [consumed(msgspec.json.encode(_object(event))) for event in events]


def _object(event: Mapping[str, Any]) -> dict[str, Any]:
    trace = _trace(event).hex()
    ids = {"trace_id": trace, "span_id": trace[:16]}
    return {**event, "level": _level(event)[1], **_attributes(event), **ids, **_RESOURCE}


def _requests(events: Sequence[dict[str, Any]]) -> list[Message]:
    requests = []
    for start in range(0, len(events), _RECORDS_A_REQUEST):
        request = ExportLogsServiceRequest()
        of_request = events[start : start + _RECORDS_A_REQUEST]
        for source, of_source in itertools.groupby(of_request, lambda event: event["source"]):
            resource_logs = request.resource_logs.add()
            _add(resource_logs.resource, {"service.name": source, **_RESOURCE})
            scope_logs = resource_logs.scope_logs.add()
            for event in of_source:
                number, text = _level(event)
                record = scope_logs.log_records.add(
                    time_unix_nano=1_764_376_954_000_000_000 + event["seq"],
                    severity_number=number,
                    severity_text=text,
                    trace_id=_trace(event),
                    span_id=_trace(event)[:8],
                )
                record.body.string_value = event["log_message"]
                _add(record, _attributes(event))
        requests.append(consumed(request.SerializeToString()))
    return requests


def _attributes(event: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thread.name": f"worker-{event['seq'] % 16}",
        "log.iostream": "stdout",
        "code.namespace": "com.example.Handler",
    }


def _trace(event: Mapping[str, Any]) -> bytes:
    return hashlib.md5(str(event["seq"]).encode()).digest()


def _level(event: Mapping[str, Any]) -> tuple[int, str]:
    return _LEVELS[event["seq"] % len(_LEVELS)]


def _add(holder: Any, attributes: Mapping[str, str]) -> None:
    for name, text in attributes.items():
        holder.attributes.add(key=name).value.string_value = text


def _seconds(processor: FastProcessor, messages: Sequence[Message]) -> float:
    """Return the processor time that the events of some records take."""
    begin, taken = time.process_time(), 0
    while taken < len(messages):
        taken += processor.decide(messages[taken : taken + _BATCH]).taken
    return time.process_time() - begin
