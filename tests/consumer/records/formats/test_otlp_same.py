"""OTLP requests that come out as OTLP requests: labelled, and with one log record alone."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from consumer.records.formats.found import Alone, Bad, Classification, Found, Origin, Read, Write
from consumer.records.formats.otlp_json import read_otlp_json
from consumer.records.formats.otlp_json_same import alone_otlp_json, write_otlp_json
from consumer.records.formats.otlp_proto import read_otlp_proto
from consumer.records.formats.otlp_proto_same import alone_otlp_proto, write_otlp_proto
from tests.consumer.records.formats.otlp_requests import in_json, log_record, request, requests

ORIGIN = Origin("otlp_logs")
FORMS: list[tuple[Any, Read, Write, Alone]] = [
    (ExportLogsServiceRequest.SerializeToString, read_otlp_proto, write_otlp_proto, alone_otlp_proto),
    (in_json, read_otlp_json, write_otlp_json, alone_otlp_json),
]
OURS = {"logsluice.label", "logsluice.tier", "logsluice.template", "logsluice.confidence"}


def classification(label: str, template: str = "t <num>") -> Classification:
    return Classification(label, 0.75, "embedding", None, template, None, "default@1", "logs-0-1.0")


def messages(found: Sequence[Found | Bad]) -> list[str]:
    return [each.event.message if isinstance(each, Found) else each.reason for each in found]


@pytest.mark.parametrize(("form", "read", "write", "alone"), FORMS)
def test_each_log_record_has_its_classification_as_attributes(
    form: Any, read: Read, write: Write, alone: Alone
) -> None:
    records = [log_record("one", {"thread.name": "a"}), log_record("two"), log_record("three")]
    value = form(request(records, {"service.name": "payments"}, "lib"))
    written = write(value, [classification("Error"), None, classification("User Action")])
    first, third = read(written, ORIGIN)
    assert isinstance(first, Found)
    assert isinstance(third, Found)
    assert json.loads(first.value) == {
        "message": "one",
        "thread.name": "a",
        "logsluice.label": "Error",
        "logsluice.tier": "embedding",
        "logsluice.template": "t <num>",
        "logsluice.confidence": 0.75,
        "otel.scope.name": "lib",
        "service.name": "payments",
    }
    assert third.event.message == "three"
    assert json.loads(third.value)["logsluice.label"] == "User Action"


@pytest.mark.parametrize(("form", "read", "write", "alone"), FORMS)
def test_a_request_that_was_labelled_before_has_one_label_a_log_record(
    form: Any, read: Read, write: Write, alone: Alone
) -> None:
    once = write(form(request([log_record("one")])), [classification("Error")])
    twice = write(once, [classification("User Action")])
    assert twice == write(form(request([log_record("one")])), [classification("User Action")])


@pytest.mark.parametrize(("form", "read", "write", "alone"), FORMS)
def test_what_holds_no_event_any_more_is_left_out(form: Any, read: Read, write: Write, alone: Alone) -> None:
    two = request([log_record("one")], {"host.name": "a"})
    two.MergeFrom(request([log_record("two")], {"host.name": "b"}))
    written = write(form(two), [None, classification("Error")])
    assert messages(read(written, ORIGIN)) == ["two"]
    assert b"host.name" in written
    assert written.count(b"host.name") == 1


@settings(max_examples=50)
@given(requests())
def test_a_log_record_alone_is_the_event_that_it_was(message: Any) -> None:
    for form, read, _, alone in FORMS:
        value = form(message)
        found = read(value, ORIGIN)
        indexes = [each.index or 0 for each in found]
        for before, one in zip(found, alone(value, indexes), strict=True):
            (after,) = read(one, ORIGIN)
            assert type(before) is type(after)
            if isinstance(before, Found) and isinstance(after, Found):
                assert (before.event, json.loads(before.value)) == (after.event, json.loads(after.value))


@settings(max_examples=50)
@given(requests())
def test_classifications_are_added_and_nothing_else_changes(message: Any) -> None:
    for form, read, write, _ in FORMS:
        value = form(message)
        before = read(value, ORIGIN)
        kept = [each for each in before if isinstance(each, Found)]
        if not kept:
            continue
        classifications: list[Classification | None] = [
            classification("Error") if isinstance(each, Found) else None for each in before
        ]
        for one, other in zip(kept, read(write(value, classifications), ORIGIN), strict=True):
            assert isinstance(other, Found)
            assert one.event == other.event
            members = json.loads(other.value)
            assert json.loads(one.value) == {name: each for name, each in members.items() if name not in OURS}
