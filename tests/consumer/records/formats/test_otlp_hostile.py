"""OTLP requests that are damaged, huge, deep, or none: events, or a reason why not, and nothing else."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.records.formats.found import Bad, Found, Origin
from consumer.records.formats.otlp_json import read_otlp_json
from consumer.records.formats.otlp_proto import read_otlp_proto
from consumer.records.reasons import UndecodableError
from tests.consumer.records.formats.otlp_requests import in_json, log_record, request, requests

ORIGIN = Origin("otlp_logs")


def test_a_small_request_does_not_become_a_large_one() -> None:
    resource = {"host.name": "x" * 100_000}
    value = request([log_record("a") for _ in range(1000)], resource).SerializeToString()
    with pytest.raises(UndecodableError, match="too_large"):
        read_otlp_proto(value, ORIGIN)
    with pytest.raises(UndecodableError, match="too_large"):
        read_otlp_json(in_json(request([log_record("a") for _ in range(1000)], resource)), ORIGIN)
    empty = b"\x12\x00" * 200_000
    for tag in (b"\x12", b"\n"):
        empty = tag + varint(len(empty)) + empty
    with pytest.raises(UndecodableError, match="too_large"):
        read_otlp_proto(empty, ORIGIN)


def test_what_was_a_small_record_before_it_was_opened_is_refused_before_it_fills_the_memory() -> None:
    scopes = b"\x12\x00" * 2_000_000
    records = b"\x12" + varint(len(scopes)) + scopes
    for value in (b"\n\x00" * 2_000_000, *(b"\n" + varint(len(each)) + each for each in (scopes, records))):
        with pytest.raises(UndecodableError, match="too_large"):
            read_otlp_proto(value, ORIGIN)
    for json_value in (
        b'{"resourceLogs":[' + b"{}," * 1_100_000 + b"{}]}",
        b"[" + b"{}," * 1_100_000 + b"{}]",
    ):
        with pytest.raises(UndecodableError, match="too_large"):
            read_otlp_json(json_value, ORIGIN)


def varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def nested_protobuf(depth: int) -> bytes:
    value = b"\x0a\x01x"
    for _ in range(depth):
        array = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(array)) + array
    for tag in (b"\x2a", b"\x12", b"\x12", b"\x0a"):
        value = tag + varint(len(value)) + value
    return value


@pytest.mark.parametrize("depth", [10, 60, 1000, 20_000])
def test_a_deeply_nested_body_is_an_event_or_a_dead_letter(depth: int) -> None:
    (found,) = read_otlp_proto(nested_protobuf(depth), ORIGIN)
    if depth == 10:
        assert isinstance(found, Found)
        assert found.event.message == "[" * 10 + '"x"' + "]" * 10
    if depth > 100:
        assert isinstance(found, Bad)
        assert found.reason == "not_this_format"
    nested = b'{"arrayValue":{"values":[' * depth + b"]}}" * depth
    value = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + nested + b"}]}]}]}"
    try:
        read_otlp_json(value, ORIGIN)
    except UndecodableError as error:
        assert error.reason == "not_json"  # noqa: PT017 - shallow nesting raises nothing


@given(st.binary(max_size=60))
def test_any_bytes_are_events_or_undecodable(value: bytes) -> None:
    for read in (read_otlp_proto, read_otlp_json):
        with suppress(UndecodableError):
            read(value, ORIGIN)


@settings(max_examples=50)
@given(requests(), st.data())
def test_a_damaged_request_is_events_or_undecodable(message: Any, data: st.DataObject) -> None:
    for read, value in ((read_otlp_proto, message.SerializeToString()), (read_otlp_json, in_json(message))):
        damaged = bytearray(value)
        for _ in range(data.draw(st.integers(1, 3))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        with suppress(UndecodableError):
            read(bytes(damaged), ORIGIN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = (
    "resourceLogs",
    "scopeLogs",
    "logRecords",
    "resource",
    "scope",
    "attributes",
    "body",
    "key",
    "value",
    "name",
)


@given(
    st.recursive(
        JSON,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [*NAMES, "stringValue", "intValue", "kvlistValue", "arrayValue", "values", "traceId"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=30,
    )
)
def test_json_of_any_shape_is_events_or_undecodable(content: Any) -> None:
    for each in (
        content,
        {"resourceLogs": content},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [content]}]}]},
    ):
        with suppress(UndecodableError):
            read_otlp_json(json.dumps(each).encode(), ORIGIN)
