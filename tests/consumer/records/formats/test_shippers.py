"""What is found in a record that a shipper or a cloud wrote: by the format's name, and by its looks."""

import gzip
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.records.formats.found import Classification, Found, Origin
from consumer.records.formats.readers import Readers
from consumer.records.formats.table import formats_with
from consumer.records.reasons import UndecodableError
from pipeline.event import Event
from tests.consumer.records.formats.examples import TOPIC, Example
from tests.consumer.records.formats.shippers import EXAMPLES

FORMATS = formats_with(None, None)
AUTO = Readers()
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
GIVEN = Classification("Error", 0.75, "rules", "r", "t", None, "default@1", "platform-0-1.0")


def origin_of(example: Example) -> Origin:
    return Origin(TOPIC, example.headers)


@each_example
def test_a_record_holds_its_events(example: Example) -> None:
    found = FORMATS[example.format].read(example.value, origin_of(example))
    assert [each.event for each in found if isinstance(each, Found)] == example.events
    assert len(found) == len(example.events)
    if len(found) > 1:
        assert [each.index for each in found] == [*range(len(found))]
    for each in found:
        json.loads(each.value)
    if example.keeps:
        assert example.keeps.items() <= json.loads(found[0].value).items()


@each_example
def test_a_record_is_recognised_by_its_looks(example: Example) -> None:
    opened, events = AUTO.read(example.value, origin_of(example))
    assert opened.format.name == example.format
    assert events == [*FORMATS[example.format].read(example.value, origin_of(example))]


@each_example
def test_a_compressed_record_holds_the_same(example: Example) -> None:
    opened, events = AUTO.read(gzip.compress(example.value), origin_of(example))
    assert opened.compressed
    assert events == AUTO.read(example.value, origin_of(example))[1]


@each_example
def test_a_record_that_keeps_its_form_holds_the_same_events_labelled(example: Example) -> None:
    known = FORMATS[example.format]
    found = known.read(example.value, origin_of(example))
    if known.write is None or not found:
        return
    written = known.write(example.value, [GIVEN] * len(found))
    again = known.read(written, origin_of(example))
    assert [each.event for each in again] == [each.event for each in found]  # type: ignore[union-attr]
    if not example.format.startswith("otlp") and example.name != "CloudEvents, binary, text":
        assert written.count(b'"classification":{"label":"Error","confidence":0.75') == len(found)


def test_a_classification_that_an_element_has_is_kept_under_another_name() -> None:
    write = FORMATS["json-array"].write
    assert write is not None
    once = write(b'[{"message":"one"},{}]', [GIVEN, GIVEN])
    twice = json.loads(write(once, [GIVEN, GIVEN]))
    classification = json.loads(msgspec.json.encode(GIVEN))
    assert twice[0] == {
        "message": "one",
        "classification": classification,
        "classification_before": classification,
    }


@each_example
def test_events_that_are_left_out_are_not_in_a_record_that_keeps_its_form(example: Example) -> None:
    known = FORMATS[example.format]
    found = known.read(example.value, origin_of(example))
    if known.write is None or len(found) < 2:
        return
    written = known.write(example.value, [None, *[GIVEN] * (len(found) - 1)])
    again = known.read(written, origin_of(example))
    assert [each.event for each in again] == [each.event for each in found[1:]]  # type: ignore[union-attr]


@each_example
def test_an_event_alone_is_in_a_record_of_the_same_form(example: Example) -> None:
    known = FORMATS[example.format]
    found = known.read(example.value, origin_of(example))
    if known.alone is None:
        return
    indexes = [each.index for each in found if each.index is not None]
    for before, value in zip(found, known.alone(example.value, indexes), strict=bool(indexes)):
        ((opened, (after,)),) = [AUTO.read(value, origin_of(example))]
        assert opened.format.name == example.format or example.format == "ndjson"
        assert after.event == before.event  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted({example.format for example in EXAMPLES} - {"text", "ndjson"}))
def test_a_named_format_refuses_text(name: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        FORMATS[name].read(b"the disk is full", Origin(TOPIC))
    assert caught.value.reason in ("not_this_format", "not_json")


@pytest.mark.parametrize(
    ("members", "source"),
    [
        ({"file": "/var/log/shop/billing.log"}, "billing"),
        ({"path": "/var/log/messages"}, "messages"),
        ({"log": {"file": {"path": "/srv/billing.txt"}}}, "billing"),
        ({"path": "/api/users/17"}, TOPIC),
        ({"file": "views.py"}, TOPIC),
    ],
)
def test_only_the_file_of_a_log_is_a_source(members: dict[str, Any], source: str) -> None:
    _, (found,) = AUTO.read(json.dumps({"message": "up", **members}).encode(), Origin(TOPIC))
    assert found.event.source == source  # type: ignore[union-attr]


LINES = [
    "[main] disk full",
    "[{worker-1}] started",
    "<b>bold</b>",
    "<1>",
    "1 file changed",
    "2026-03-01 22:14:15,003 INFO Main: started",
    "2026-03-01T22:14:15Z INFO main: started",
    "2026-03-01T22:14:15Z web-1 main: started",
    "Mar 1 was a Sunday",
    "May the force be with you: always",
    "I1 am not klog",
    "x=1",
    "retry=3 of 5 for user=17",
    'a - b [c] "d"',
    "\n\nstarted",
    "INFO [01/Mar/2026] started",
    "{worker} started",
    "{}",
    "level=high water",
]


@pytest.mark.parametrize("line", LINES)
def test_an_ordinary_line_is_text(line: str) -> None:
    try:
        opened, _ = AUTO.read(line.encode(), Origin(TOPIC))
    except UndecodableError as error:
        assert line == "{}" and error.reason == "no_message"  # noqa: PT017, PT018
    else:
        assert opened.format.name == "text"


WORDS = st.sampled_from(
    ["error", "disk", "17", "[a]", "<x>", "k=v", "{}", "-", "2026-03-01", "10.0.0.1", "a.b:"]
)


@given(
    st.lists(WORDS | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=6), min_size=2)
)
def test_lines_of_words_are_text(words: list[str]) -> None:
    line = " ".join(["w", *words])
    opened, events = AUTO.read(line.encode(), Origin(TOPIC))
    assert opened.format.name == "text"
    assert events[0].event == Event(TOPIC, line)  # type: ignore[union-attr]


@given(st.sampled_from(EXAMPLES), st.data())
def test_a_damaged_record_is_events_or_undecodable(example: Example, data: st.DataObject) -> None:
    damaged = bytearray(example.value)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    for read in (AUTO.read, FORMATS[example.format].read):
        try:
            read(bytes(damaged) or b"x", origin_of(example))
        except UndecodableError:
            continue


@given(
    st.sampled_from(sorted(FORMATS)),
    st.binary(min_size=1, max_size=100) | st.text(min_size=1).map(str.encode),
)
def test_any_bytes_are_events_or_undecodable(name: str, value: bytes) -> None:
    for read in (AUTO.read, FORMATS[name].read):
        try:
            read(value, Origin(TOPIC))
        except UndecodableError:
            continue
