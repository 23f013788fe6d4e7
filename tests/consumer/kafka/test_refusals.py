"""Records that the broker refuses, alone or together: what both publishers make of them."""

from collections import Counter
from time import time
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from consumer.errors import BrokerError
from consumer.kafka import at_least_once, exactly_once
from consumer.kafka.at_least_once import AtLeastOncePublisher
from consumer.kafka.exactly_once import ExactlyOncePublisher
from consumer.kafka.offsets import Offsets
from consumer.kafka.patience import Patience
from consumer.kafka.publisher import BatchLostError, Publisher
from consumer.kafka.refusals import FUTURE_MS, Refusal, after_refusal, at_fault
from consumer.records.dead_letter import CUT_BYTES, dead_row, is_cut
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from pipeline.verdict import Verdict
from tests.support.consumed import consumed
from tests.support.fake_producer import FakeBroker, FakeProducer

SETTINGS = Settings.model_validate({})
LIMIT = 1_000
NOW_MS = 1_700_000_000_000
VERDICT = Verdict("Error", 0.9, "embedding", "t")


class Group:
    """A consumer that commits to a fake broker."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        self._broker.offsets |= {each.partition: each.offset for each in offsets}
        return offsets


def publisher(kind: str, broker: FakeBroker) -> Publisher:
    """Return a publisher whose producers are the broker's, and whose waits take no time."""
    metrics, health = Metrics(("Error",)), Health()
    patience = Patience(health, "publish", lambda: False, clock=lambda: 0.0, sleep=lambda _: None)

    def make(settings: Settings, on_error: Any, *_: Any) -> FakeProducer:
        return FakeProducer(broker, on_error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(at_least_once, "make_producer", make)
        patch.setattr(exactly_once, "make_producer", make)
        if kind == "exactly-once":
            made = ExactlyOncePublisher(SETTINGS, patience, metrics, "fast", "name")
            made._sender._make = lambda on_error: cast(Any, FakeProducer(broker, on_error))
            return made
        return AtLeastOncePublisher(SETTINGS, patience, metrics, "fast")


def row(size: int, offset: int, timestamp_ms: int = NOW_MS) -> Row:
    """Return a labelled row whose value has so many bytes, and is no other row's."""
    value = f"{offset:06d}".encode().ljust(size, b".")
    message = consumed(value, offset=offset, timestamp_ms=timestamp_ms)
    return Row(OutgoingRecord("logs.labelled", value, None, [], timestamp_ms), message, VERDICT)


def publish(kind: str, rows: list[Row], broker: FakeBroker) -> list[Row]:
    ours = publisher(kind, broker)
    ours.open()
    offsets = Offsets(cast(Consumer, Group(broker)), [TopicPartition("logs.raw", 1, len(rows))], None)
    return [*ours.publish(rows, offsets)]


KINDS = pytest.mark.parametrize("kind", ["at-least-once", "exactly-once"])


@KINDS
@given(sizes=st.lists(st.sampled_from([10, 300, 900, LIMIT, LIMIT + 1, 5_000]), min_size=1, max_size=40))
@examples(max_examples=60)
def test_each_row_is_published_once_and_only_what_is_too_large_alone_is_dead(
    kind: str, sizes: list[int]
) -> None:
    broker = FakeBroker(LIMIT)
    broker_of_letters = broker.refuses
    # The dead-letter topic takes what the output topic refuses.
    broker.refuses = lambda request: (  # type: ignore[method-assign]
        None if request[0][0] == "logs.dead" else broker_of_letters(request)
    )
    rows = [row(size, offset) for offset, size in enumerate(sizes)]
    published = publish(kind, rows, broker)
    assert [each.message for each in published] == [each.message for each in rows]
    assert [each.reason for each in published] == ["too_large" if s > LIMIT else None for s in sizes]
    expected = Counter((each.record.topic, each.record.value) for each in published)
    assert Counter((topic, value) for topic, value, _ in broker.visible) == expected
    assert set(expected.values()) == {1}
    assert broker.offsets == {1: len(rows)}


@KINDS
def test_a_letter_that_is_refused_too_is_cut(kind: str) -> None:
    broker = FakeBroker(CUT_BYTES + 100)
    (letter,) = publish(kind, [row(CUT_BYTES + 500, 7)], broker)
    assert letter.reason == "too_large"
    assert is_cut(letter.record)
    assert [len(value or b"") for _, value, _ in broker.visible] == [CUT_BYTES]


@KINDS
def test_a_dead_letter_topic_that_refuses_even_that_ends_the_process_with_a_sentence(kind: str) -> None:
    broker = FakeBroker(100)
    with pytest.raises(BrokerError, match=r"logs\.dead refuses .* raise its max\.message\.bytes"):
        publish(kind, [row(500, 7)], broker)
    assert broker.offsets == {}


@KINDS
@given(ahead=st.lists(st.sampled_from([0, FUTURE_MS // 2, 2 * FUTURE_MS, 10**15]), min_size=1, max_size=20))
@examples(max_examples=30)
def test_a_time_that_the_topic_refuses_becomes_the_time_of_publication(kind: str, ahead: list[int]) -> None:
    now_ms = int(time() * 1000)
    broker = FakeBroker(10**9, latest_ms=now_ms + FUTURE_MS)
    rows = [row(10, offset, now_ms + each) for offset, each in enumerate(ahead)]
    published = publish(kind, rows, broker)
    assert all(each.verdict is VERDICT for each in published)
    times = [each.record.timestamp_ms for each in published]
    assert times == [0 if each > FUTURE_MS else now_ms + each for each in ahead]
    assert len(broker.visible) == len(rows)


def test_one_that_is_refused_alone_is_at_fault() -> None:
    refusal = Refusal(0, KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    assert at_fault([refusal], [row(1, 0)], NOW_MS) == [refusal]
    assert at_fault([refusal, Refusal(1, refusal.error)], [row(1, 0), row(1, 1)], NOW_MS) == []


def test_a_refused_record_that_is_no_events_outcome_is_left_out() -> None:
    question = Row(OutgoingRecord("logs.pending", b"{}", None, [], 0))
    assert after_refusal(question, KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), "logs.dead") == []


def test_a_dead_letter_has_the_time_of_death_and_names_that_of_its_record() -> None:
    letter = dead_row("logs.dead", consumed(b"x", timestamp_ms=5), "not_json").record
    assert letter.timestamp_ms == 0
    assert dict(letter.headers)["time"] == b"5"


@pytest.mark.parametrize("code", [KafkaError.INVALID_PRODUCER_EPOCH, KafkaError._FENCED, KafkaError._FATAL])
def test_a_transaction_that_the_broker_ended_is_made_again_and_the_third_time_ends_the_process(
    code: int,
) -> None:
    broker = FakeBroker(LIMIT)
    broker.fatal = [code, code]
    assert len(publish("exactly-once", [row(10, 0), row(10, 1)], broker)) == 2
    assert len(broker.visible) == 2
    broker.fatal = [code] * 3
    with pytest.raises(BrokerError, match="LOGSLUICE_INSTANCE of its own"):
        publish("exactly-once", [row(10, 2)], broker)
    assert len(broker.visible) == 2


def test_a_fatal_error_ends_a_process_that_publishes_at_least_once_with_a_sentence() -> None:
    broker = FakeBroker(LIMIT)
    broker.fatal = [KafkaError._FATAL]
    with pytest.raises(BrokerError, match="nothing can be published any more"):
        publish("at-least-once", [row(10, 0)], broker)
    assert broker.offsets == {}


def test_a_group_that_moves_on_between_two_halves_loses_none_and_doubles_none() -> None:
    broker = FakeBroker(LIMIT)
    broker.lost = [False, True]
    rows = [row(600, 0), row(600, 1)]
    with pytest.raises(BatchLostError) as caught:
        publish("exactly-once", rows, broker)
    assert caught.value.published == rows[:1]
    assert [each.offset for each in caught.value.committed] == [1]
    assert len(broker.visible) == 1
    assert broker.offsets == {1: 1}
