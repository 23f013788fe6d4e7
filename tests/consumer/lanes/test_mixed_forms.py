"""A batch of records in all forms: each event of each has one outcome, in either form of the output."""

import json
from collections.abc import Sequence

import pytest
from confluent_kafka import Message

from consumer.lanes.contract import BatchResult
from consumer.records.formats.found import Bad, Found, Origin
from consumer.records.formats.otlp_proto import read_otlp_proto
from consumer.records.formats.readers import Readers
from consumer.records.incoming import event_id
from consumer.records.outgoing import Row
from consumer.settings import Settings
from tests.consumer.lanes.brittle import ENABLED, UNSURE, Brittle, processor
from tests.consumer.records.formats.examples import TOPIC
from tests.consumer.records.formats.otlp_requests import log_record, request
from tests.consumer.records.formats.shippers import EXAMPLES
from tests.support.consumed import consumed

BATCH = [
    consumed(example.value, headers=[*example.headers], offset=place, topic=TOPIC)
    for place, example in enumerate(EXAMPLES)
]
EVENTS = [
    (f"{TOPIC}-1-{place}{f'.{index}' if len(example.events) > 1 or is_many else ''}", event)
    for place, example in enumerate(EXAMPLES)
    for is_many in [
        example.format.startswith("otlp") or example.format in ("cloudwatch", "json-array", "ndjson")
    ]
    for index, event in enumerate(example.events)
]


def decided(form: str, batch: Sequence[Message], **more: object) -> BatchResult:
    return processor(Brittle(), Settings.model_validate({"output_format": form, **more})).decide(batch)


def rows_of(result: BatchResult) -> list[Row]:
    return [each for row in result.rows for each in row.events()]


def test_each_event_of_a_mixed_batch_is_a_json_object_with_its_source_and_severity() -> None:
    rows = decided("json", BATCH).rows
    values = [json.loads(row.record.value or b"") for row in rows]
    assert [(row.source, row.severity) for row in rows] == [
        (event.source, event.severity) for _, event in EVENTS
    ]
    assert [value["classification"]["template"] for value in values] == [event.message for _, event in EVENTS]
    assert [value["classification"].get("severity", "") for value in values] == [
        e.severity for _, e in EVENTS
    ]


def test_a_mixed_batch_that_keeps_its_form_has_the_same_events_in_a_record_for_each() -> None:
    result = decided("same", BATCH)
    assert [(row.source, row.severity) for row in rows_of(result)] == [
        (e.source, e.severity) for _, e in EVENTS
    ]
    assert [row.message for row in result.rows] == [
        message for message, example in zip(BATCH, EXAMPLES, strict=True) if example.events
    ]
    readers = Readers()
    for row in result.rows:
        assert row.message is not None
        headers = row.message.headers() or []
        origin = Origin(TOPIC, headers)  # type: ignore[arg-type]
        before, after = (readers.read(value, origin) for value in (row.message.value(), row.record.value))
        assert after[0].format == before[0].format
        assert [each.event for each in after[1]] == [each.event for each in before[1]]  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["json", "same"])
def test_of_a_request_the_sure_are_labelled_the_unsure_wait_alone_and_the_bad_die_alone(form: str) -> None:
    records = [log_record("fine 0"), log_record(f"{UNSURE} 1"), log_record(""), log_record("fine 3")]
    message = consumed(request(records, {"service.name": "app"}).SerializeToString(), topic=TOPIC)
    result = decided(form, [message], llm=ENABLED)
    rows = rows_of(result)
    assert sorted(row.record.topic for row in rows) == [
        "logs.dead",
        "logs.labelled",
        "logs.labelled",
        "logs.pending",
    ]
    (waits,) = (row for row in rows if row.record.topic == "logs.pending")
    (found,) = read_otlp_proto(waits.record.value or b"", Origin(TOPIC))
    assert isinstance(found, Found)
    assert (found.event.source, found.event.message) == ("app", f"{UNSURE} 1")
    headers = dict(waits.record.headers)
    assert json.loads(headers["logsluice_pending"] or b"")["event_id"] == f"{event_id(message)}.1"
    (dead,) = (row for row in rows if row.record.topic == "logs.dead")
    assert dict(dead.record.headers)["index"] == b"2"
    (bad,) = read_otlp_proto(dead.record.value or b"", Origin(TOPIC))
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.value) == ("no_message", dead.record.value)
