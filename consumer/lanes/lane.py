"""A lane: one batch in, all of it decided, all of it published, then the commit.

While a batch is published, in a thread of its own, the next one is consumed and decided. That is published once the
offsets of the one before are committed, and dropped where the group does not take them. At a rebalance and at a stop
nothing is being published. A rebalance, a stop or a crash therefore finds either a batch that is committed or one that
will be consumed again, never half of one. How a batch is decided is for the lane's processor (`fast.py`, `slow.py`),
how often an event may come out for its publisher (`consumer.kafka.publisher`).
"""

from collections.abc import Callable, Sequence
from socket import gethostname
from threading import Event
from time import monotonic, sleep, time
from typing import NamedTuple

import numpy as np
from confluent_kafka import Message

from consumer.errors import BrokerError
from consumer.kafka.at_least_once import AtLeastOncePublisher
from consumer.kafka.exactly_once import ExactlyOncePublisher
from consumer.kafka.group import GroupMember
from consumer.kafka.offsets import Offsets, offsets_behind
from consumer.kafka.patience import Patience
from consumer.kafka.publisher import BatchLostError, Publisher
from consumer.kafka.publishing_thread import PublishingThread
from consumer.kafka.retention import RetentionWatch, output_retention_ms
from consumer.lanes.contract import BatchResult, Intake, Processor
from consumer.log import get_logger
from consumer.records.outgoing import Row
from consumer.records.rows import Rows, is_unlabelled
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics

LEAST_WAIT_S = 0.005
MOST_WAIT_WHILE_PUBLISHING_S = 0.25
"""How long a batch waits to fill before it is looked what became of the one before."""
IDLE_COMMIT_S = 1.0


class _UnderWay(NamedTuple):
    """A batch that is being published."""

    batch: Sequence[Message]
    result: BatchResult
    offsets: Offsets


class Lane:
    """Consumes topics until asked to stop. Runs in one thread, next to that of its publisher."""

    def __init__(
        self,
        intake: Intake,
        processor: Processor,
        publisher: PublishingThread,
        member: GroupMember,
        metrics: Metrics,
        retention: RetentionWatch,
        health: Health,
        stopping: Callable[[], bool],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._intake = intake
        self._processor = processor
        self._publisher = publisher
        self._member = member
        self._metrics = metrics
        self._retention = retention
        self._health = health
        self._stopping = stopping
        self._clock = clock
        self._max_records = intake.max_events
        self._under_way: _UnderWay | None = None
        self._consumed_at = clock()
        self._committed_at = clock()

    def run(self) -> None:
        """Consume until asked to stop, then leave the group.

        Raises:
            BrokerError: the broker refuses us, or is away while we are asked to stop. What is committed is published.
        """
        self._publisher.open()
        self._retention.open()
        self._member.join(self._intake.topics)
        try:
            while not self._stopping():
                self._health.beat()
                batch = self._consume()
                if batch:
                    self._process(batch)
                else:
                    self._member.rewind(self._finish())
                    if self._clock() - self._committed_at > IDLE_COMMIT_S:
                        self._commit_reached()
                pause_s = self._processor.pause_s()
                if pause_s > 0:
                    self._member.rest(pause_s, self._stopping)
            self._finish()
        finally:
            if self._publisher.close():
                self._finish_after_error()
            self._member.leave()

    def _consume(self) -> list[Message]:
        # What came while the batch before was worked on has waited that long already.
        wait_s = max(LEAST_WAIT_S, self._intake.max_wait_s - (self._clock() - self._consumed_at))
        if self._under_way is not None:
            wait_s = min(wait_s, MOST_WAIT_WHILE_PUBLISHING_S)
        with self._metrics.stage(self._processor.lane, "consume"):
            batch = self._member.consume(self._max_records, wait_s)
        self._consumed_at = self._clock()
        return batch

    def _process(self, batch: Sequence[Message]) -> None:
        """Decide a batch, and begin to publish it once the one before is committed."""
        offsets = self._member.offsets()
        result = self._processor.decide(batch)
        if result.taken < len(batch):
            # More work than fits between two looks at the group: the rest is consumed again, in smaller batches.
            self._max_records = result.taken
            offsets = offsets._replace(positions=offsets_behind(batch[: result.taken]))
            self._member.rewind(batch[result.taken :])
        elif self._max_records < self._intake.max_events:
            events = len(Rows.of(result.rows).events())
            if 2 * events <= self._intake.max_events:
                self._max_records = min(self._intake.max_events, 2 * self._max_records)
        is_ahead = self._under_way is not None
        again = self._finish()
        if again or (is_ahead and self._publisher.owes_commit()):
            # The partitions may be another member's by now, of which the next look at the group tells.
            self._member.rewind([*again, *batch])
            return
        if self._metrics.tracing is not None:
            self._metrics.tracing.decided(self._processor.lane)
        self._publisher.start(result.rows, offsets)
        self._under_way = _UnderWay(batch, result, offsets)
        if not self._processor.decides_ahead:
            self._member.rewind(self._finish())

    def _finish(self) -> Sequence[Message]:
        """Wait until the batch that is under way, if any, is committed; return what of it has to be consumed again."""
        if self._under_way is None:
            return []
        (batch, result, offsets), self._under_way = self._under_way, None
        try:
            published = self._publisher.finish()
        except BatchLostError as lost:
            return self._left(batch, lost)
        self._member.on_committed(offsets.positions)
        self._committed_at = self._clock()
        self._count(*published)
        self._processor.on_committed(result)
        return []

    def _finish_after_error(self) -> None:
        """Count what was still published when an error ended the loop; that error is the one to be raised."""
        try:
            self._finish()
        except BrokerError as error:
            get_logger().error("batch not published", lane=self._processor.lane, reason=str(error))

    def _left(self, batch: Sequence[Message], lost: BatchLostError) -> Sequence[Message]:
        """Return what is not committed of a batch whose partitions may be another member's."""
        get_logger().warning(
            "batch not committed; its partitions may be another member's",
            lane=self._processor.lane,
            reason=str(lost),
        )
        done = {(each.topic, each.partition): each.offset for each in lost.committed}
        self._member.on_committed(lost.committed)
        self._count(lost.published, time())
        return [m for m in batch if (m.offset() or 0) >= done.get((m.topic() or "", m.partition() or 0), 0)]

    def _commit_reached(self) -> None:
        """Commit offsets that have no record, so that outside tools see no lag where there is none."""
        self._committed_at = self._clock()
        offsets = self._member.offsets_reached()
        if offsets.positions or self._publisher.owes_commit():
            self._publisher.start([], offsets)
            try:
                self._publisher.finish()
            except BatchLostError:
                return
            self._member.on_committed(offsets.positions)

    def _count(self, rows: Sequence[Row], published_at_s: float) -> None:
        metrics, lane = self._metrics, self._processor.lane
        events = Rows.of(rows).events()
        labelled = events.labelled()
        rest = [] if len(labelled) == len(events) else [row for row in events if is_unlabelled(row)]
        dead = [row.reason for row in rest if row.reason is not None]
        metrics.count_consumed(lane, len(labelled) + len(rest))
        verdicts = [verdict for verdict in labelled.verdicts if verdict is not None]
        metrics.count_labelled(labelled.sources, verdicts)
        metrics.count_pending(lane, len(rest) - len(dead))
        for reason in dead:
            metrics.dead.labels(reason).inc()
        if any(labelled.severities):
            metrics.count_severities(
                (severity, verdict.label)
                for severity, verdict in zip(labelled.severities, verdicts, strict=True)
                if severity
            )
        times_ms = np.array(labelled.timestamps_ms, dtype=np.float64)
        if any(labelled.withheld):
            withheld = list(zip(labelled.withheld, verdicts, strict=True))
            for route, verdict in withheld:
                if route:
                    metrics.withheld.labels(verdict.label, route).inc()
            times_ms = times_ms[[not route for route, _ in withheld]]
        ages_s = published_at_s - times_ms[times_ms > 0] / 1000
        self._retention.note(ages_s)
        metrics.event_age.observe(np.maximum(ages_s, 0.0))  # a writer's clock that is ahead counts as now


def make_lane(
    settings: Settings,
    intake: Intake,
    processor: Processor,
    metrics: Metrics,
    health: Health,
    stopping: Callable[[], bool],
) -> Lane:
    """Return a lane with its own consumer and producer, publishing as the settings say."""
    lane = processor.lane
    name = f"{intake.group}-{lane}-{settings.instance or gethostname()}"
    ending = Event()
    patience = Patience(health, f"publish ({lane})", lambda: stopping() or ending.is_set(), monotonic, sleep)
    publisher: Publisher
    if settings.delivery == "exactly-once":
        publisher = ExactlyOncePublisher(settings, patience, metrics, lane, transactional_id=name)
    else:
        publisher = AtLeastOncePublisher(settings, patience, metrics, lane)
    thread = PublishingThread(publisher, health, ending)
    member = GroupMember(settings, intake.group, name, metrics, lane, patience, thread.before_revoke)
    retention = RetentionWatch(lambda: output_retention_ms(settings), metrics, lane)
    return Lane(intake, processor, thread, member, metrics, retention, health, stopping)
