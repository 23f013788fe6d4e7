"""What becomes of offsets that the broker does not take at once."""

from collections.abc import Callable
from threading import Event
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.at_least_once import COMMIT_TRIES, AtLeastOncePublisher
from consumer.kafka.offsets import Offsets
from consumer.kafka.patience import Patience
from consumer.kafka.publishing_thread import PublishingThread
from consumer.kafka.refusals import Refusal
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.records.rows import Rows
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from tests.support.kafka_server import wait_until

SETTINGS = Settings.model_validate({})
Positions = dict[int, int]
ROW = Row(OutgoingRecord("logs.labelled", b"{}", None, [], 1))


class Group:
    """A consumer whose group takes offsets, or raises: one answer for each commit, then it takes all."""

    def __init__(self, *answers: int | Callable[[], object]) -> None:
        self._answers = list(answers)
        self.asked: list[Positions] = []
        self.committed: Positions = {}

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        assert not asynchronous
        positions = {each.partition: each.offset for each in offsets}
        self.asked.append(positions)
        if self._answers:
            answer = self._answers.pop(0)
            if isinstance(answer, int):
                raise KafkaException(KafkaError(answer))
            answer()
        self.committed |= positions
        return offsets


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Ours:
    """The publisher under test, which is given nothing to publish, and the waits it makes."""

    def __init__(self, health: Health | None = None, stopping: Callable[[], bool] = lambda: False) -> None:
        self.clock = Clock()
        patience = Patience(health or Health(), "publish", stopping, lambda: self.clock.now, self.clock.sleep)
        self.publisher = AtLeastOncePublisher(SETTINGS, patience, Metrics(("Error",)), "fast")

    def commit(self, group: Group, **last: int) -> None:
        """Commit behind the last offset of partitions p0, p1 ..."""
        positions = [TopicPartition("logs.raw", int(name[1:]), offset + 1) for name, offset in last.items()]
        self.publisher.publish([], Offsets(cast(Consumer, group), positions, None))

    def before_revoke(self, group: Group, *partitions: int) -> None:
        """Have partitions revoked."""
        gone = [TopicPartition("logs.raw", number) for number in partitions]
        self.publisher.before_revoke(gone, cast(Consumer, group))


def test_a_generation_that_the_client_does_not_know_yet_is_waited_for() -> None:
    ours, group = Ours(), Group(KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS)
    ours.commit(group, p0=7)
    assert group.committed == {0: 8}


def test_what_a_rebalance_refused_is_committed_with_the_next_batch() -> None:
    ours, group = Ours(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES)
    ours.commit(group, p0=7, p1=3)
    assert group.committed == {}
    ours.commit(group, p1=5)
    assert group.committed == {0: 8, 1: 6}


def test_what_a_rebalance_refused_is_committed_before_the_partitions_go() -> None:
    refusals = [KafkaError.REBALANCE_IN_PROGRESS] * (COMMIT_TRIES + 2)
    ours, group = Ours(), Group(*refusals)
    ours.commit(group, p0=7, p1=3)
    ours.before_revoke(group, 0)
    assert group.committed == {0: 8, 1: 4}
    ours.before_revoke(group, 1)
    assert len(group.asked) == COMMIT_TRIES + 3  # there was nothing left


def test_of_a_group_that_was_lost_only_the_partitions_that_stay_are_committed_later() -> None:
    ours, group = Ours(), Group(*[KafkaError.ILLEGAL_GENERATION] * 2 * COMMIT_TRIES)
    ours.commit(group, p0=7, p1=3)
    ours.before_revoke(group, 0)
    ours.commit(group, p2=1)
    assert group.committed == {1: 4, 2: 2}


def test_while_nobody_takes_offsets_it_waits_and_says_so() -> None:
    health = Health()
    seen: list[dict[str, str]] = []
    group = Group(
        KafkaError._WAIT_COORD, KafkaError.NOT_COORDINATOR, lambda: seen.append(health.unready_reasons())
    )
    Ours(health).commit(group, p0=7)
    assert group.committed == {0: 8}
    assert "coordinator" in seen[0]["publish"]
    assert not health.unready_reasons()


def test_a_commit_that_never_comes_back_does_not_keep_a_process_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumer.kafka.timeouts.LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("consumer.kafka.patience.STOP_PATIENCE_S", -1.0)
    end = Event()
    ours = Ours(stopping=lambda: True)
    with pytest.raises(BrokerError, match=r"could not be finished .*consumed again"):
        ours.commit(Group(end.wait), p0=7)
    end.set()


def test_a_commit_that_never_comes_back_holds_up_no_rebalance() -> None:
    end = Event()
    ours, group = Ours(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES, end.wait)
    ours.commit(group, p0=7, p1=3)
    ours.before_revoke(group, 0)
    end.set()
    ours.commit(group, p2=1)
    assert group.asked[-1] == {1: 4, 2: 2}


def test_what_is_denied_for_good_is_raised_by_a_commit_and_never_to_the_client() -> None:
    denied = KafkaError.GROUP_AUTHORIZATION_FAILED
    ours, group = Ours(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES, denied, denied)
    ours.commit(group, p0=7)
    ours.before_revoke(group)
    with pytest.raises(BrokerError, match="access to the consumer group is denied"):
        ours.commit(group, p0=8)


def test_a_commit_that_the_client_does_not_answer_before_partitions_have_gone_is_given_up() -> None:
    ours, gone = Ours(), Event()
    group = Group(*[lambda: gone.wait(30)] * 2)
    thread = PublishingThread(ours.publisher, Health())
    thread.start([], Offsets(cast(Consumer, group), [TopicPartition("logs.raw", 0, 8)], None))
    wait_until(lambda: bool(group.asked), "the commit is under way")
    thread.before_revoke([TopicPartition("logs.raw", 0)], cast(Consumer, group))
    assert group.committed == {}
    assert not thread.owes_commit()
    assert not gone.is_set()
    gone.set()
    thread.finish()
    thread.close()


def test_what_is_published_while_partitions_go_is_committed_before_they_have() -> None:
    ours, published = Ours(), Event()
    group = Group()
    thread = PublishingThread(ours.publisher, Health())

    def sent(rows: Rows) -> list[Refusal]:
        assert published.wait(30)
        return []

    def gives_way() -> None:
        give_way()
        published.set()

    give_way = ours.publisher.give_way
    ours.publisher.give_way = gives_way  # type: ignore[method-assign]
    ours.publisher._failed_of = sent  # type: ignore[method-assign]
    thread.start([ROW], Offsets(cast(Consumer, group), [TopicPartition("logs.raw", 0, 8)], None))
    thread.before_revoke([TopicPartition("logs.raw", 0)], cast(Consumer, group))
    assert group.committed == {0: 8}
    assert list(thread.finish().rows) == [ROW]
    thread.close()
