"""What becomes of offsets that the broker does not take at once."""

from collections.abc import Callable
from threading import Event

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka import delivery as module
from consumer.kafka.delivery import COMMIT_TRIES, Delivery
from consumer.settings import Settings
from consumer.telemetry.health import Health
from tests.support.consumed import consumed

Positions = dict[int, int]


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


def batch(**last: int) -> list[Message]:
    """Return records by their partition (p0, p1 ...) and offset."""
    return [consumed(b"x", partition=int(name[1:]), offset=offset) for name, offset in last.items()]


def delivery(health: Health | None = None, stopping: Callable[[], bool] = lambda: False) -> Delivery:
    return Delivery(Settings.model_validate({}), health or Health(), stopping)


def revoked(*partitions: int) -> list[TopicPartition]:
    return [TopicPartition("logs.raw", number) for number in partitions]


def test_a_generation_that_the_client_does_not_know_yet_is_waited_for() -> None:
    ours, group = delivery(), Group(KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS)
    ours.commit(group, batch(p0=7))
    assert group.committed == {0: 8}


def test_what_a_rebalance_refused_is_committed_with_the_next_batch() -> None:
    ours, group = delivery(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES)
    ours.commit(group, batch(p0=7, p1=3))
    assert group.committed == {}
    ours.commit(group, batch(p1=5))
    assert group.committed == {0: 8, 1: 6}


def test_what_a_rebalance_refused_is_committed_before_the_partitions_go() -> None:
    refusals = [KafkaError.REBALANCE_IN_PROGRESS] * (COMMIT_TRIES + 2)
    ours, group = delivery(), Group(*refusals)
    ours.commit(group, batch(p0=7, p1=3))
    ours.commit_again(group, revoked(0))
    assert group.committed == {0: 8, 1: 4}
    ours.commit_again(group, revoked(1))
    assert len(group.asked) == COMMIT_TRIES + 3  # there was nothing left


def test_of_a_group_that_was_lost_only_the_partitions_that_stay_are_committed_later() -> None:
    ours, group = delivery(), Group(*[KafkaError.ILLEGAL_GENERATION] * 2 * COMMIT_TRIES)
    ours.commit(group, batch(p0=7, p1=3))
    ours.commit_again(group, revoked(0))
    ours.commit(group, batch(p2=1))
    assert group.committed == {1: 4, 2: 2}


def test_while_nobody_takes_offsets_it_waits_and_says_so() -> None:
    health = Health()
    seen: list[dict[str, str]] = []
    group = Group(KafkaError._WAIT_COORD, KafkaError.NOT_COORDINATOR, lambda: seen.append(health.obstacles()))
    delivery(health).commit(group, batch(p0=7))
    assert group.committed == {0: 8}
    assert "coordinator" in seen[0]["publish"]
    assert not health.obstacles()


def test_a_commit_that_never_comes_back_does_not_keep_a_process_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "STOP_PATIENCE_S", 0.1)
    end = Event()
    ours = delivery(stopping=lambda: True)
    with pytest.raises(BrokerError, match=r"could not be finished .*consumed again"):
        ours.commit(Group(end.wait), batch(p0=7))
    end.set()


def test_a_commit_that_never_comes_back_holds_up_no_rebalance() -> None:
    end = Event()
    ours, group = delivery(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES, end.wait)
    ours.commit(group, batch(p0=7, p1=3))
    ours.commit_again(group, revoked(0))
    end.set()
    ours.commit(group, batch(p2=1))
    assert group.asked[-1] == {1: 4, 2: 2}


def test_what_is_denied_for_good_is_raised_by_a_commit_and_never_to_the_client() -> None:
    denied = KafkaError.GROUP_AUTHORIZATION_FAILED
    ours, group = delivery(), Group(*[KafkaError.REBALANCE_IN_PROGRESS] * COMMIT_TRIES, denied, denied)
    ours.commit(group, batch(p0=7))
    ours.commit_again(group, revoked())
    with pytest.raises(BrokerError, match="access to the consumer group is denied"):
        ours.commit(group, batch(p0=8))
