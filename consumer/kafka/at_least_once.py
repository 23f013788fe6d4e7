"""Publishing at least once: every record acknowledged, then the offsets committed."""

from collections.abc import Callable, Sequence
from math import inf
from threading import Event
from time import time

from confluent_kafka import Consumer, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import make_producer
from consumer.kafka.errors import describe
from consumer.kafka.offsets import NoCoordinatorError, Offsets, commit
from consumer.kafka.patience import Patience
from consumer.kafka.refusals import REFUSALS, Refusal, after_refusal, at_fault
from consumer.kafka.sender import Sender
from consumer.kafka.timeouts import LOOK_EVERY_S, CallTimeoutError, call_with_timeout
from consumer.log import get_logger
from consumer.records.outgoing import Row
from consumer.records.rows import Rows
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics

COMMIT_TRIES = 5
COMMIT_RETRY_S = 0.2
_NO_COORDINATOR = "the group's coordinator does not take offsets"


class AtLeastOncePublisher:
    """Publishes a batch; a crash before its commit publishes at most that one batch again. See `Publisher`."""

    def __init__(self, settings: Settings, patience: Patience, metrics: Metrics, lane: Lane) -> None:
        self._dead_letter_topic = settings.dead_letter_topic
        self._patience = patience
        self._metrics = metrics
        self._lane = lane
        self._sender = Sender(lambda on_error: make_producer(settings, on_error), patience)
        self._uncommitted: dict[tuple[str, int], TopicPartition] = {}
        """What is published and was not taken when it was committed: in the middle of a rebalance nothing is."""
        self._partitions_go = Event()

    def open(self) -> None:
        """Do nothing: the client connects when it is given a record."""

    def publish(self, rows: Sequence[Row], offsets: Offsets) -> Sequence[Row]:
        """Publish every row, then commit the offsets."""
        published = Rows.of(rows)
        failed = self._failed_of(published) if published else []
        if failed:
            again: list[Row | None] = list(published)
            self._deliver(again, range(len(again)), failed)
            published = Rows(row for row in again if row is not None)
        with self._metrics.stage(self._lane, "commit"):
            self._commit(offsets.positions, offsets.consumer)
        self._patience.over()
        return published

    def owes_commit(self) -> bool:
        """Return whether the broker has not taken some offsets yet."""
        return bool(self._uncommitted)

    def give_way(self) -> None:
        """Leave offsets to `before_revoke`: until the client has heard of the rebalance, it may not answer a commit."""
        self._partitions_go.set()

    def before_revoke(self, partitions: Sequence[TopicPartition], consumer: Consumer) -> None:
        """Commit what the broker did not take yet, before the partitions go.

        In the middle of a rebalance it takes none; that is over in moments, where the group has not been left.
        """
        self._partitions_go.clear()
        for _ in range(COMMIT_TRIES):
            if not self._uncommitted:
                return
            try:
                self._commit_once(consumer, self._patience.health.beat, LOOK_EVERY_S)
            except (CallTimeoutError, NoCoordinatorError, BrokerError) as error:
                get_logger().warning("offsets not committed before their partitions go", detail=str(error))
                break
            if self._uncommitted:
                self._patience.sleep(COMMIT_RETRY_S)
        for gone in partitions:
            self._uncommitted.pop((gone.topic, gone.partition), None)

    def _failed_of(self, rows: Rows) -> list[Refusal]:
        """Publish rows once; return those that were not taken."""
        with self._metrics.stage(self._lane, "publish"):
            self._sender.send(rows)
        with self._metrics.stage(self._lane, "flush"):
            return self._sender.flush()

    def _deliver(
        self, rows: list[Row | None], places: Sequence[int], failed: Sequence[Refusal] | None = None
    ) -> None:
        """Publish the rows at some places until each is acknowledged; one that is refused is replaced.

        A request that the broker refuses is sent again in halves, down to the record that is at fault. ``failed`` are
        those of the rows that were not taken, where they have been sent once.
        """
        while places:
            sent = [row for place in places if (row := rows[place]) is not None]
            if failed is None:
                failed = self._failed_of(Rows(sent))
            passing = [each for each in failed if each.error.code() not in REFUSALS]
            refused = [each for each in failed if each.error.code() in REFUSALS]
            if passing:
                first = passing[0]
                self._patience.wait(f"{sent[first.place].record.topic}: {describe(first.error)}")
            culprits = at_fault(refused, sent, int(time() * 1000))
            instead: list[int] = []
            for each in culprits:
                place = places[each.place]
                other_rows = after_refusal(sent[each.place], each.error, self._dead_letter_topic)
                rows[place] = other_rows[0] if other_rows else None
                instead += range(len(rows), len(rows) + len(other_rows[1:]))
                rows += other_rows[1:]
            if refused and not culprits:
                self._deliver_in_halves(rows, [places[each.place] for each in refused])
                refused = []
            again = sorted(each.place for each in (*passing, *refused))
            places = [places[place] for place in again if rows[places[place]] is not None] + instead
            failed = None

    def _deliver_in_halves(self, rows: list[Row | None], places: Sequence[int]) -> None:
        middle = len(places) // 2
        self._deliver(rows, places[:middle])
        self._deliver(rows, places[middle:])

    def _commit(self, positions: Sequence[TopicPartition], consumer: Consumer) -> None:
        """Commit positions, and those that the broker did not take before.

        Raises:
            BrokerError: the broker will never take them, or the process is asked to stop while it takes none.
        """
        for position in positions:
            self._uncommitted[position.topic, position.partition] = position
        tries = 0
        while self._uncommitted and not self._partitions_go.is_set():
            try:
                self._commit_once(consumer, self._wait_for_coordinator, inf)
            except NoCoordinatorError as error:
                self._patience.wait(f"{_NO_COORDINATOR}: {error}")
                continue
            except CallTimeoutError:
                return
            tries += 1
            if not self._uncommitted or tries == COMMIT_TRIES:
                return
            self._patience.sleep(
                COMMIT_RETRY_S
            )  # most likely the client does not know the group's new generation yet

    def _wait_for_coordinator(self) -> None:
        if self._partitions_go.is_set():
            raise CallTimeoutError("partitions go before the client answers")
        self._patience.wait(_NO_COORDINATOR, pause_s=0)

    def _commit_once(self, consumer: Consumer, while_waiting: Callable[[], None], timeout_s: float) -> None:
        positions = list(self._uncommitted.values())
        left = call_with_timeout(lambda: commit(consumer, positions), while_waiting, timeout_s)
        self._uncommitted = {(each.topic, each.partition): each for each in left}
