"""A lane's loop with a group, a processor and a publisher of the test's own."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from confluent_kafka import Consumer, Message, TopicPartition

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


def run(
    group: Group, processor: Processor, publisher: Published, turns: int, max_wait_s: float = 0.0
) -> Metrics:
    """Run a lane for so many turns of its loop, a second apart, and return what it counted."""
    metrics, now = Metrics(("Error",)), [0.0]
    left = iter(range(turns))

    def stopping() -> bool:
        now[0] += IDLE_COMMIT_S
        return next(left, None) is None

    intake = Intake("g", ("logs.raw",), 64, max_wait_s)
    member = cast(GroupMember, group)
    retention = RetentionWatch(lambda: None, metrics, "fast")
    health = Health()
    thread = PublishingThread(publisher, health)
    Lane(intake, processor, thread, member, metrics, retention, health, stopping, lambda: now[0]).run()
    return metrics


def offsets(rows: Sequence[Row]) -> list[int]:
    return [row.message.offset() or 0 for row in rows if row.message is not None]
