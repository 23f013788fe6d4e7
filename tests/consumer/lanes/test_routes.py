"""Events on their way by their labels: out of a record of many, and out of the slow lane."""

from collections.abc import Sequence

from confluent_kafka import Message

from consumer.lanes.contract import BatchResult
from consumer.lanes.fast import FastProcessor
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.otlp_proto import read_otlp_proto
from consumer.records.outgoing import Row
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from tests.consumer.lanes.test_slow import SETTINGS, Brittle, decided, waiting
from tests.consumer.records.formats.otlp_requests import log_record, request
from tests.support.consumed import consumed
from tests.support.default_model import bundle, new_cascade

LOGIN = "Failed password for root from 203.0.113.7 port 4022 ssh2"
ACCESS = '203.0.113.9 - - [28/Nov/2026:22:22:14 +0000] "GET /cart HTTP/1.1" 200 512'
ROUTINE = "Cache warmed up"


def fast(form: str, routes: Sequence[str], batch: Sequence[Message]) -> BatchResult:
    settings = Settings.model_validate({"output_format": form, "output_routes": tuple(routes)})
    return FastProcessor(settings, new_cascade(), Metrics(bundle().labels)).decide(batch)


def bodies(row: Row) -> list[str]:
    """Return the messages of a request that is published."""
    found = read_otlp_proto(row.record.value or b"", Origin("x"))
    return [each.event.message for each in found if isinstance(each, Found)]


def labels(row: Row) -> list[str]:
    return [event.verdict.label for event in row.events() if event.verdict is not None]


RECORDS = [log_record(LOGIN), log_record(ACCESS), log_record(LOGIN), log_record(ROUTINE)]
REQUEST = consumed(request(RECORDS, {"service.name": "app"}).SerializeToString(), topic="logs.raw")


def test_a_record_that_keeps_its_form_is_written_once_for_each_topic() -> None:
    (whole,) = fast("same", [], [REQUEST]).rows
    assert labels(whole) == ["Security Alert", "HTTP Status", "Security Alert", "System Notification"]

    routes = ["Security Alert=logs.alerts", "HTTP Status=drop"]
    rows = fast("same", routes, [REQUEST]).rows
    published = {row.record.topic: row for row in rows if not row.withheld}
    assert published.keys() == {"logs.alerts", "logs.labelled"}
    assert bodies(published["logs.alerts"]) == [LOGIN, LOGIN]
    assert bodies(published["logs.labelled"]) == [ROUTINE]
    (dropped,) = (row for row in rows if row.withheld)
    assert (dropped.withheld, labels(dropped), dropped.record.value) == ("drop", ["HTTP Status"], None)
    assert sum(len(row.events()) for row in rows) == len(RECORDS)
    assert {row.message for row in rows} == {REQUEST}


def test_a_record_whose_events_all_go_the_same_way_stays_as_it_is() -> None:
    (whole,) = fast("same", [], [REQUEST]).rows
    (same,) = fast("same", ["Critical Error=logs.alerts"], [REQUEST]).rows
    assert (same.record.topic, same.record.value) == ("logs.labelled", whole.record.value)


def test_one_object_for_each_event_goes_where_its_label_says() -> None:
    rows = fast("json", ["Security Alert=logs.alerts", "HTTP Status=drop"], [REQUEST]).rows
    topics = [None if row.withheld else row.record.topic for row in rows]
    assert topics == ["logs.alerts", None, "logs.alerts", "logs.labelled"]


def test_the_slow_lane_goes_by_the_same_routes() -> None:
    batch = [waiting("sbaq stopped"), waiting("cbaq stopped")]
    for route, topic, withheld in (
        ("Error=logs.errors", "logs.errors", None),
        ("Error=drop", "logs.labelled", "drop"),
    ):
        settings = SETTINGS.model_copy(update={"output_routes": (route,)})
        result = decided(batch, Brittle(), settings)
        rows = [row for row in result.rows if row.verdict is not None]
        assert [(row.record.topic, row.withheld) for row in rows] == [(topic, withheld)] * 2
        assert any(row.record.topic == settings.verdicts_topic for row in result.rows)
