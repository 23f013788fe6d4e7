"""OTLP requests, in protobuf and in JSON: each log record is an event of its own."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings

from consumer.records.formats.found import Bad, Found, Origin
from consumer.records.formats.otlp_json import read_otlp_json
from consumer.records.formats.otlp_proto import is_otlp_proto, read_otlp_proto
from pipeline.event import Event
from tests.consumer.records.formats.otlp_requests import in_json, log_record, request, requests
from tests.support.project import ROOT

ORIGIN = Origin("otlp_logs")


def the_event(value: bytes) -> Found:
    (found,) = read_otlp_proto(value, ORIGIN)
    assert isinstance(found, Found)
    return found


def test_a_log_record_of_a_collector_is_a_flat_object_with_the_names_of_ecs_and_opentelemetry() -> None:
    record = log_record(
        "payment 17 declined by issuer",
        {"thread.name": "http-8080-1", "http.response.status_code": 402, "retry": [1, 2.5, True]},
        time_unix_nano=1_764_376_954_000_000_001,
        observed_time_unix_nano=1_764_376_955_000_000_000,
        severity_number=13,
        severity_text="WARN",
        trace_id=bytes.fromhex("5b8efff798038103d269b633813fc60c"),
        span_id=bytes.fromhex("eee19b7ec3c1b174"),
    )
    resource = {"service.name": "payments", "k8s.pod.name": "payments-6d5f8-x2k4q"}
    found = the_event(request([record], resource, "com.example.Pay").SerializeToString())
    assert found.event == Event("payments", "payment 17 declined by issuer", "warning")
    assert found.index == 0
    assert json.loads(found.value) == {
        "message": "payment 17 declined by issuer",
        "@timestamp": "2025-11-29T00:42:34.000000001Z",
        "log.level": "WARN",
        "severity_number": 13,
        "thread.name": "http-8080-1",
        "http.response.status_code": 402,
        "retry": [1, 2.5, True],
        "trace.id": "5b8efff798038103d269b633813fc60c",
        "span.id": "eee19b7ec3c1b174",
        "otel.scope.name": "com.example.Pay",
        "service.name": "payments",
        "k8s.pod.name": "payments-6d5f8-x2k4q",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("disk full", "disk full"),
        ({"text": "disk full", "free": 0}, '{"text":"disk full","free":0}'),
        ({"msg": "disk full", "free": 0}, "disk full"),
        ('{"msg":"disk full","free":0}', "disk full"),
        (["disk", "full"], '["disk","full"]'),
        ("disk füll".encode(), "disk füll"),
        (507, "507"),
        (True, "true"),
    ],
)
def test_a_body_of_any_kind_is_a_message(body: Any, message: str) -> None:
    assert the_event(request([log_record(body)]).SerializeToString()).event.message == message


@pytest.mark.parametrize(
    ("more", "fields", "message"),
    [
        ({"exception.message": "connection reset"}, {}, "connection reset"),
        ({}, {"event_name": "device.app.lifecycle"}, "device.app.lifecycle"),
    ],
)
def test_a_log_record_without_a_body_has_the_message_of_its_event(
    more: dict[str, Any], fields: dict[str, Any], message: str
) -> None:
    found = the_event(request([log_record(None, more, **fields)]).SerializeToString())
    assert found.event.message == message


@pytest.mark.parametrize(
    ("resource", "more", "scope", "source"),
    [
        ({"service.name": "payments", "k8s.container.name": "app"}, {}, "lib", "payments"),
        ({"service.name": "unknown_service:java", "k8s.container.name": "app"}, {}, "lib", "app"),
        ({"service.name": "unknown_service:java"}, {}, "", "unknown_service:java"),
        ({}, {"container.name": "nginx"}, "lib", "nginx"),
        ({"host.name": "node-1"}, {}, "com.example.Pay", "com.example.Pay"),
        ({}, {}, "", "otlp_logs"),
    ],
)
def test_the_source_is_the_service_or_else_the_container_or_the_scope(
    resource: dict[str, Any], more: dict[str, Any], scope: str, source: str
) -> None:
    message = request([log_record("started", more)], resource, scope)
    assert the_event(message.SerializeToString()).event.source == source
    (in_json_too,) = read_otlp_json(in_json(message), ORIGIN)
    assert isinstance(in_json_too, Found)
    assert in_json_too.event.source == source


def test_an_attribute_whose_name_is_taken_is_kept_under_another() -> None:
    record = log_record("out", {"message": "in", "host.name": "in", "classification": "x"})
    value = json.loads(the_event(request([record], {"host.name": "out"}).SerializeToString()).value)
    assert value == {
        "message": "out",
        "attributes.message": "in",
        "attributes.host.name": "in",
        "attributes.classification": "x",
        "host.name": "out",
    }


@settings(max_examples=50)
@given(requests())
def test_a_request_is_recognised(message: Any) -> None:
    records = [scope.log_records for resource in message.resource_logs for scope in resource.scope_logs]
    assert is_otlp_proto(message.SerializeToString(), ORIGIN) is (len(records) > 0)


@settings(max_examples=50)
@given(requests())
def test_a_request_in_json_holds_the_same_events_as_in_protobuf(message: Any) -> None:
    proto = read_otlp_proto(message.SerializeToString(), ORIGIN)
    parsed = read_otlp_json(in_json(message), ORIGIN)
    assert [(type(each), each.index) for each in proto] == [(type(each), each.index) for each in parsed]
    for one, other in zip(proto, parsed, strict=True):
        if isinstance(one, Found) and isinstance(other, Found):
            assert one.event == other.event
            assert json.loads(one.value) == json.loads(other.value)
        else:
            assert isinstance(one, Bad)
            assert isinstance(other, Bad)
            assert one.reason == other.reason


def test_json_may_have_names_of_the_protobuf_numbers_as_texts_and_names_of_severities() -> None:
    value = b"""{"resource_logs":[{"resource":{"attributes":[{"key":"service.name","value":{"string_value":"a"}}]},
        "scope_logs":[{"log_records":[{"time_unix_nano":"1764376954000000001","severity_number":"SEVERITY_NUMBER_ERROR2",
        "body":{"string_value":"x"},"future":1}]}],"future":{}}]}"""
    (found,) = read_otlp_json(value, ORIGIN)
    assert isinstance(found, Found)
    assert found.event == Event("a", "x", "error")
    assert json.loads(found.value)["severity_number"] == 18
    assert json.loads(found.value)["@timestamp"] == "2025-11-29T00:42:34.000000001Z"


@pytest.mark.parametrize("resource", [{}, {"service.name": "payments"}])
def test_a_bad_log_record_leaves_the_others_alone_and_is_a_request_by_itself(
    resource: dict[str, Any],
) -> None:
    records = [log_record("one"), log_record(""), log_record("three"), log_record(b"\xff")]
    value = request(records, resource).SerializeToString().replace(b"three", b"thr\xffe")
    found = read_otlp_proto(value, ORIGIN)
    assert [each.reason if isinstance(each, Bad) else each.event.message for each in found] == [
        "one",
        "no_message",
        "not_utf8",
        "not_utf8",
    ]
    for bad in found[1:]:
        assert isinstance(bad, Bad)
        (again,) = read_otlp_proto(bad.value, ORIGIN)
        assert isinstance(again, Bad)
        assert (again.reason, again.value) == (bad.reason, bad.value)
        assert all(text.encode() in bad.value for text in resource.values())


def test_a_resource_that_is_not_utf8_costs_its_own_log_records_only() -> None:
    bad = request([log_record("a"), log_record("b")], {"host.name": "xyz"}).SerializeToString()
    good = request([log_record("c")]).SerializeToString()
    found = read_otlp_proto(bad.replace(b"xyz", b"x\xffz") + good, ORIGIN)
    assert [each.reason if isinstance(each, Bad) else each.event.message for each in found] == [
        "not_this_format",
        "not_this_format",
        "c",
    ]


def test_protobuf_is_loaded_by_the_first_request_and_not_before() -> None:
    code = "import sys, consumer.records.formats.table; print('google.protobuf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
