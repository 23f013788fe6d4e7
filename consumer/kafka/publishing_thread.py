"""A publisher in a thread of its own: while a batch is published and committed, its lane can decide the next one."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from time import time
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from consumer.kafka.offsets import Offsets
from consumer.kafka.patience import STOP_PATIENCE_S
from consumer.kafka.publisher import Publisher
from consumer.records.outgoing import Row
from consumer.telemetry.health import Health


class Published(NamedTuple):
    """The rows of a batch as they were published, and when that was, in seconds since 1970."""

    rows: Sequence[Row]
    at_s: float


class PublishingThread:
    """Publishes one batch at a time. Called by one thread, the lane's, which takes the outcome of each batch."""

    def __init__(self, publisher: Publisher, health: Health, ending: Event | None = None) -> None:
        """``ending`` is set when what is being published may take no longer than where the process is to stop."""
        self._publisher = publisher
        self._health = health
        self._ending = ending or Event()
        self._thread = ThreadPoolExecutor(1, "publishing")
        self._published: Future[Published] | None = None

    def open(self) -> None:
        """Get ready, as `Publisher.open`. From now on this thread says for the lane's that it works."""
        self._thread.submit(self._health.beat_for_this_thread()).result()
        self._publisher.open()

    def start(self, rows: Sequence[Row], offsets: Offsets) -> None:
        """Begin to publish rows and to commit the offsets. What was started before has been finished."""
        self._published = self._thread.submit(self._publish, rows, offsets)

    def _publish(self, rows: Sequence[Row], offsets: Offsets) -> Published:
        return Published(self._publisher.publish(rows, offsets), time())

    def finish(self) -> Published:
        """Wait until what was started is published, and return that; raises as `Publisher.publish`."""
        published, self._published = self._published, None
        if published is None:
            raise RuntimeError("nothing is being published")
        return published.result()

    def owes_commit(self) -> bool:
        """Return whether offsets of what is published are still to be committed."""
        return self._publisher.owes_commit()

    def before_revoke(self, partitions: Sequence[TopicPartition], consumer: Consumer) -> None:
        """Wait until nothing is being published, then finish what can be finished before partitions go."""
        if self._published is not None:
            self._publisher.give_way()
            self._wait(None)
        self._publisher.before_revoke(partitions, consumer)

    def close(self) -> bool:
        """Wait for what is being published, for as long as a process that is asked to stop waits for a batch.

        Return whether nothing is being published any more.
        """
        self._ending.set()
        ended = self._wait(STOP_PATIENCE_S + 1)
        self._thread.shutdown(wait=False)
        return ended

    def _wait(self, timeout_s: float | None) -> bool:
        return self._published is None or not wait([self._published], timeout_s).not_done
