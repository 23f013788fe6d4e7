"""What a lane needs of whoever publishes its batches. How often an event may come out is the publisher's to know."""

from collections.abc import Sequence
from typing import Protocol

from confluent_kafka import Consumer, TopicPartition

from consumer.kafka.offsets import Offsets
from consumer.records.outgoing import Row


class BatchLostError(Exception):
    """The group has moved on, and the batch's partitions may be another member's.

    ``published`` are the rows that were published and committed before that, ``committed`` the offsets behind them.
    """

    def __init__(
        self, why: str, published: Sequence[Row] = (), committed: Sequence[TopicPartition] = ()
    ) -> None:
        super().__init__(why)
        self.published = published
        self.committed = committed


class Publisher(Protocol):
    """Publishes rows and commits offsets: at least once (`at_least_once`), or exactly once (`exactly_once`)."""

    def open(self) -> None:
        """Get ready, before anything is consumed. Blocks until the broker answers."""

    def publish(self, rows: Sequence[Row], offsets: Offsets) -> Sequence[Row]:
        """Publish every row, then commit the offsets; blocks until the broker has acknowledged both.

        A broker or a topic that is away is waited for: nothing is dropped. Returns the rows as they were published:
        an event whose record the broker refuses for what it is has become a dead letter.

        Raises:
            BatchLostError: the batch is another member's by now.
            BrokerError: the broker will never take it, or the process is asked to stop while it takes nothing.
        """

    def owes_commit(self) -> bool:
        """Return whether offsets of what is published are still to be committed."""

    def give_way(self) -> None:
        """Let partitions go as soon as what is being published allows it. Called while it is, by another thread."""

    def before_revoke(self, partitions: Sequence[TopicPartition], consumer: Consumer) -> None:
        """Finish what can be finished before partitions go. Never raises: it runs within a call of the client."""
