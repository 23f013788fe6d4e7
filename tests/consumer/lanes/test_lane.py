"""The lane's loop: what it takes, commits, takes again and counts, with a group and a publisher of the test's own."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.group import GroupMember
from consumer.kafka.offsets import Offsets, offsets_behind
from consumer.kafka.publisher import BatchLostError
from consumer.kafka.publishing_thread import PublishingThread
from consumer.kafka.retention import RetentionWatch
from consumer.lanes.contract import BatchResult, Intake
from consumer.lanes.lane import IDLE_COMMIT_S, Lane
from consumer.records.dead_letter import dead_row
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Lane as LaneName
from consumer.telemetry.metrics import Metrics
from pipeline.verdict import Verdict
from tests.support.consumed import consumed
from tests.support.kafka_server import wait_until

VERDICT = Verdict("Error", 0.9, "embedding", "t")


class Group:
    """A topic of one partition, and where the group stands in it."""

    def __init__(self, records: int, control_records: int = 0) -> None:
        self._records = [consumed(b"x", offset=offset, partition=0) for offset in range(records)]
        self._end = records + control_records
        self._next = 0
        self._taken: list[Message] = []
        self.asked: list[int] = []
        self.committed = 0
        self.left = False

    def join(self, topics: Sequence[str]) -> None:
        assert topics == ("logs.raw",)

    def consume(self, max_records: int, wait_s: float) -> list[Message]:
        self.asked.append(max_records)
        self._taken = self._records[self._next : self._next + max_records]
        self._next += len(self._taken)
        return self._taken

    def offsets(self) -> Offsets:
        return Offsets(cast(Consumer, self), offsets_behind(self._taken), None)

    def offsets_reached(self) -> Offsets:
        reached = self._end if self._next == len(self._records) else self._next
        ahead = [TopicPartition("logs.raw", 0, reached)] if reached > self.committed else []
        return Offsets(cast(Consumer, self), ahead, None)

    def on_committed(self, positions: Iterable[TopicPartition]) -> None:
        for position in positions:
            assert position.offset >= self.committed, "never backwards"
            self.committed = position.offset

    def rewind(self, messages: Sequence[Message]) -> None:
        if messages:
            self._next = messages[0].offset() or 0

    def leave(self) -> None:
        self.left = True


class Processor:
    """Labels every record, and takes so many of a batch."""

    lane: LaneName = "fast"

    def __init__(self, most: int = 1_000_000, decides_ahead: bool = True) -> None:
        self.most = most
        self.decides_ahead = decides_ahead
        self.decided = 0
        self.committed = 0

    def decide(self, batch: Sequence[Message]) -> BatchResult:
        taken = batch[: self.most]
        self.decided += 1
        return BatchResult([labelled(message) for message in taken], len(taken))

    def on_committed(self, result: BatchResult) -> None:
        self.committed += result.taken

    def pause_s(self) -> float:
        return 0.0


class Published:
    """A publisher that keeps the rows, loses a batch now and then, and makes every seventh event a dead letter."""

    def __init__(
        self,
        lost: Sequence[int] = (),
        before: Callable[[int], None] = lambda call: None,
        owed: Sequence[int] = (),
    ) -> None:
        self.rows: list[Row] = []
        self._owed = list(owed)
        self._lost = list(lost)
        self._before = before
        self.calls = 0

    def open(self) -> None: ...

    def publish(self, rows: Sequence[Row], offsets: Offsets) -> list[Row]:
        self.calls += 1
        self._before(self.calls)
        kept = [self._kept(row) for row in rows]
        if self.calls in self._lost:
            # The first half was committed before the group moved on.
            half = kept[: len(kept) // 2]
            self.rows += half
            behind = offsets_behind([row.message for row in half if row.message])
            raise BatchLostError("the group moved on", half, behind)
        self.rows += kept
        return kept

    def owes_commit(self) -> bool:
        return self.calls in self._owed

    def give_way(self) -> None: ...

    def before_revoke(self, partitions: Any, consumer: Any) -> None: ...

    @staticmethod
    def _kept(row: Row) -> Row:
        message = row.message
        return dead_row("logs.dead", message, "too_large") if message and message.offset() == 7 else row


def labelled(message: Message) -> Row:
    return Row(OutgoingRecord("logs.labelled", b"{}", None, [], 1), message, VERDICT, "app")


def run(group: Group, processor: Processor, publisher: Published, turns: int) -> Metrics:
    """Run a lane for so many turns of its loop, a second apart, and return what it counted."""
    metrics, now = Metrics(("Error",)), [0.0]
    left = iter(range(turns))

    def stopping() -> bool:
        now[0] += IDLE_COMMIT_S
        return next(left, None) is None

    intake = Intake("g", ("logs.raw",), 64, 0.0)
    member = cast(GroupMember, group)
    retention = RetentionWatch(lambda: None, metrics, "fast")
    health = Health()
    thread = PublishingThread(publisher, health)
    Lane(intake, processor, thread, member, metrics, retention, health, stopping, lambda: now[0]).run()
    return metrics


def offsets(rows: Sequence[Row]) -> list[int]:
    return [row.message.offset() or 0 for row in rows if row.message is not None]


def test_every_record_is_published_once_and_committed_and_the_group_left() -> None:
    group, processor, publisher = Group(200), Processor(), Published()
    metrics = run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(200))
    assert (group.committed, processor.committed, group.left) == (200, 200, True)
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 200
    assert metrics.registry.get_sample_value("logsluice_dead_letters_total", {"reason": "too_large"}) == 1


def test_more_work_than_fits_is_taken_again_in_smaller_batches_that_grow() -> None:
    group, processor, publisher = Group(100), Processor(most=4), Published()
    run(group, processor, publisher, turns=3)
    assert offsets(publisher.rows) == list(range(12))
    assert group.committed == 12
    assert group.asked == [64, 4, 8]
    processor.most = 1_000
    run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(100))


def test_what_is_not_committed_of_a_batch_that_the_group_has_given_away_is_taken_again() -> None:
    group, processor, publisher = Group(64), Processor(), Published(lost=[1])
    metrics = run(group, processor, publisher, turns=4)
    assert offsets(publisher.rows) == list(range(64))
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 64


def test_what_was_decided_ahead_of_a_lost_batch_is_taken_again_behind_it() -> None:
    group, processor = Group(200), Processor()
    publisher = Published(lost=[2], before=lambda call: wait_until(lambda: processor.decided > call, "ahead"))
    metrics = run(group, processor, publisher, turns=9)
    assert offsets(publisher.rows) == list(range(200))
    assert group.committed == 200
    assert metrics.registry.get_sample_value("logsluice_events_consumed_total", {"lane": "fast"}) == 200


def test_nothing_is_published_behind_a_batch_whose_offsets_are_owed_until_the_group_was_looked_at() -> None:
    group, processor = Group(128), Processor()
    looks_at_publication: list[int] = []

    def before(call: int) -> None:
        looks_at_publication.append(len(group.asked))

    publisher = Published(before=before, owed=[1])
    run(group, processor, publisher, turns=6)
    assert offsets(publisher.rows) == list(range(128))
    assert looks_at_publication[1] >= 3, "the second batch was consumed twice"


@pytest.mark.parametrize("decides_ahead", [True, False])
def test_the_next_batch_is_decided_while_one_is_published_where_the_processor_allows_it(
    decides_ahead: bool,
) -> None:
    group, processor = Group(128), Processor(decides_ahead=decides_ahead)
    decided_by_then: list[int] = []

    def before(call: int) -> None:
        if decides_ahead and call == 1:
            wait_until(lambda: processor.decided == 2, "the second batch is decided")
        decided_by_then.append(processor.decided)

    run(group, processor, Published(before=before), turns=4)
    assert decided_by_then == ([2, 2] if decides_ahead else [1, 2])


def test_partitions_are_given_away_only_once_nothing_is_being_published() -> None:
    go_on, given = threading.Event(), []

    class Slow(Published):
        def before_revoke(self, partitions: Any, consumer: Any) -> None:
            given.append(len(self.rows))

    publisher = Slow(before=lambda call: wait_until(go_on.is_set, "the test lets it"))
    thread = PublishingThread(publisher, Health())
    rows = [labelled(consumed(b"x"))]
    thread.start(rows, Offsets(cast(Consumer, None), [], None))
    revoking = threading.Thread(target=thread.before_revoke, args=([], None))
    revoking.start()
    assert not given
    go_on.set()
    revoking.join(10)
    assert given == [1]
    assert len(thread.finish()) == 1
    thread.close()


def test_a_batch_that_can_never_be_published_ends_the_lane_and_commits_nothing_behind_it() -> None:
    def refused(call: int) -> None:
        if call == 2:
            raise BrokerError("refused")

    group, processor = Group(300), Processor()
    with pytest.raises(BrokerError, match="refused"):
        run(group, processor, Published(before=refused), turns=9)
    assert (group.committed, processor.committed, group.left) == (64, 64, True)


def test_offsets_behind_the_last_record_are_committed_when_nothing_comes() -> None:
    group = Group(10, control_records=0)
    publisher = Published()
    run(group, Processor(), publisher, turns=2)
    assert group.committed == 10
    group._end = 11  # a producer has ended its transaction
    run(group, Processor(), publisher, turns=2)
    assert group.committed == 11
