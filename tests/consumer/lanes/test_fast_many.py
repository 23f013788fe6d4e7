"""Records of many events in the fast lane: an outcome for each event, and batches bounded by what records hold."""

import gzip
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from confluent_kafka import KafkaError, Message

from consumer.kafka.refusals import after_refusal, middle_of
from consumer.lanes.contract import BatchResult
from consumer.lanes.work import SLICE_EVENTS
from consumer.records.dead_letter import read_dead_letter, replayed_letter
from consumer.records.incoming import event_id
from consumer.records.outgoing import Row
from consumer.records.pending import read_pending
from consumer.settings import Settings
from tests.consumer.lanes.brittle import ENABLED, POISON, UNSURE, Brittle, processor, raw
from tests.support.consumed import consumed
from tests.support.outcomes import dead, labelled, pending

TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"llm": ENABLED, **more})


def array(messages: Sequence[str]) -> bytes:
    return msgspec.json.encode([{"source": "app", "log_message": message, "n": 1} for message in messages])


def members(value: bytes | None) -> Any:
    return msgspec.json.decode(value or b"")


def ids(rows: Sequence[Row]) -> list[str]:
    """Return the ids that labelled events have in their records."""
    values = [members(row.record.value) for row in rows]
    return [each["classification"]["event_id"] for each in values]


def account(result: BatchResult) -> dict[str, int]:
    events = [event for row in result.rows for event in row.events()]
    reasons = [event.reason for event in events if event.message is not None and event.verdict is None]
    return {
        "labelled": sum(event.verdict is not None for event in events),
        "pending": reasons.count(None),
        "dead": len(reasons) - reasons.count(None),
    }


MIXED = b'[{"log_message":"fine"},{"log_message":"%b"},7,{"log_message":"%b"},{"log_message":"good"}]' % (
    UNSURE.encode(),
    POISON.encode(),
)


def test_each_event_of_a_record_has_an_outcome_of_its_own() -> None:
    record = raw(MIXED, key=b"k", headers=[("host", b"a")])
    found = processor(Brittle(), settings()).decide([record, raw(b'{"source":"a","log_message":"fine"}')])
    assert account(found) == {"labelled": 3, "pending": 1, "dead": 2}
    assert found.taken == 2
    name = event_id(record)
    assert ids(labelled(found))[:2] == [f"{name}.0", f"{name}.4"]
    assert [members(row.record.value)["log_message"] for row in labelled(found)] == ["fine", "good", "fine"]
    assert all(row.record.key == b"k" for row in found.rows[:5])


def test_a_pending_event_waits_alone() -> None:
    record = raw(MIXED, headers=[("host", b"a")])
    (waiting,) = pending(processor(Brittle(), settings()).decide([record]))
    assert members(waiting.record.value) == [{"log_message": UNSURE}]
    read = read_pending(waiting.record.headers)
    assert read is not None
    known, headers = read
    assert (known.event_id, headers) == (f"{event_id(record)}.1", [("host", b"a")])


def test_a_dead_event_is_a_letter_alone_with_its_index() -> None:
    record = raw(MIXED)
    letters = dead(processor(Brittle(), settings()).decide([record]))
    assert [letter.reason for letter in letters] == ["not_an_object", "failed"]
    for letter, index, value in zip(letters, (2, 3), ([7], [{"log_message": POISON}]), strict=True):
        found = read_dead_letter(consumed(letter.record.value, headers=[*letter.record.headers]))
        assert found is not None
        assert found.event_id == f"{event_id(record)}.{index}"
        assert members(replayed_letter(found).value) == value


def test_a_record_without_events_has_no_rows() -> None:
    found = processor(Brittle()).decide([raw(b"[]"), raw(b'{"resourceLogs":[]}')])
    assert found.taken == 2
    assert account(found)["labelled"] == 0


def test_the_same_form_holds_what_is_decided_and_the_rest_is_alone() -> None:
    record = raw(gzip.compress(MIXED))
    found = processor(Brittle(), settings(output_format="same")).decide([record])
    assert account(found) == {"labelled": 2, "pending": 1, "dead": 2}
    (together,) = [row for row in found.rows if row.together is not None]
    values = members(gzip.decompress(together.record.value or b""))
    assert [each["log_message"] for each in values] == ["fine", "good"]
    name = event_id(record)
    assert [each["classification"]["event_id"] for each in values] == [f"{name}.0", f"{name}.4"]
    assert together.record.headers == [("event_id", name.encode())]


def test_a_record_of_one_event_that_is_no_object_keeps_its_bytes() -> None:
    line = b"<11>Mar  1 22:14:15 web-1 orders[8710]: order 17 was refused"
    (row,) = processor(Brittle(), settings(output_format="same")).decide([raw(line)]).rows
    assert row.record.value == line
    assert [name for name, _ in row.record.headers] == ["label", "tier", "event_id"]
    (row,) = processor(Brittle(), settings(output_format="same")).decide([raw(b'{"message":"fine"}')]).rows
    assert members(row.record.value)["classification"]["label"] == "Error"


def test_a_record_that_is_too_large_together_comes_out_in_parts_and_the_account_closes() -> None:
    record = raw(array([f"fine {n}" for n in range(5)]))
    (row,) = processor(Brittle(), settings(output_format="same")).decide([record]).rows
    published: list[Row] = []
    waiting = [row]
    while waiting:
        each = waiting.pop(0)
        if each.reason is None and len(each.events()) > 1:
            waiting += after_refusal(each, TOO_LARGE, "logs.dead")
        else:
            published.append(each)
    assert [members(each.record.value)[0]["log_message"] for each in published] == [
        f"fine {n}" for n in range(5)
    ]
    assert all(len(members(each.record.value)) == 1 for each in published)
    letters = [letter for each in published for letter in after_refusal(each, TOO_LARGE, "logs.dead")]
    assert [dict(letter.record.headers)["index"] for letter in letters] == [b"0", b"1", b"2", b"3", b"4"]
    assert members(letters[3].record.value) == [{"source": "app", "log_message": "fine 3", "n": 1}]


def test_one_event_that_is_refused_is_a_letter_alone() -> None:
    rows = processor(Brittle()).decide([raw(array(["fine", "large"]))]).rows
    (letter,) = after_refusal(rows[1], TOO_LARGE, "logs.dead")
    assert members(letter.record.value) == [{"source": "app", "log_message": "large", "n": 1}]


@pytest.mark.parametrize("form", ["json", "same"])
def test_a_large_record_is_worked_on_in_slices_and_taken_whole(form: str) -> None:
    beats = [0]

    def beat() -> None:
        beats[0] += 1

    fast = processor(Brittle(), settings(output_format=form))
    fast._beat = beat
    found = fast.decide([raw(array(["fine"] * (5 * SLICE_EVENTS)))])
    assert account(found)["labelled"] == 5 * SLICE_EVENTS
    assert beats[0] >= 6


def test_a_batch_ends_with_so_many_events() -> None:
    batch: list[Message] = [raw(array(["fine"] * 400)) for _ in range(10)]
    found = processor(Brittle(), settings(batch_max_events=1_000)).decide(batch)
    assert found.taken == 3
    assert account(found)["labelled"] == 1_200


def test_a_batch_ends_with_so_many_bytes() -> None:
    large = gzip.compress(array(["x" * (15 << 20)]))
    fast = processor(Brittle())
    fast._clock = lambda: 0.0
    found = fast.decide([raw(large)] * 30)
    assert found.taken == 5  # of 15 MiB, and 64 MiB are the limit


def test_rows_are_published_in_parts_only_between_records() -> None:
    one, other = raw(array(["fine"] * 6)), raw(array(["fine"] * 2))
    rows = processor(Brittle()).decide([one, other]).rows
    assert middle_of(rows) == 6
    assert middle_of(rows[:6]) == 0
