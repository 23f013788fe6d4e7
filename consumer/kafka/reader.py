"""Reads a topic from its start to its end, and what is added; in no group, so that no offsets change."""

from collections.abc import Iterator
from contextlib import closing
from time import monotonic, sleep

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from consumer.errors import BrokerError, RefusedError
from consumer.kafka.clients import make_reader
from consumer.kafka.cluster import missing_topics, topics_of
from consumer.kafka.errors import FATAL, describe
from consumer.settings import Settings

TIMEOUT_S = 10.0
PATIENCE_S = 60.0
"""Seconds without a record after which a topic that is read to its end is given up."""
_NO_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
LOOK_EVERY_S = 10.0
"""How often a reader looks whether the topic has more partitions by now."""


class TopicReader:
    """Reads every partition of a topic, and knows when it has read all that was there at the start.

    With ``since_ms`` it begins with the first record that is not older.
    """

    def __init__(self, settings: Settings, topic: str, since_ms: int | None = None) -> None:
        self._topic = topic
        self._since_ms = since_ms
        self._consumer: Consumer = make_reader(settings)
        self._ends: dict[int, int] = {}
        self._numbers: set[int] = set()
        self._looked_at = monotonic()

    def start(self) -> None:
        """Find the partitions and their ends. One whose leader is just being elected is waited for.

        Raises:
            BrokerError: the broker does not answer.
        """
        until = monotonic() + TIMEOUT_S
        while True:
            try:
                self._find_ends()
            except KafkaException as exception:
                error: KafkaError = exception.args[0]
                if error.code() not in _NO_LEADER or monotonic() > until:
                    raise BrokerError(f"{self._topic} cannot be read: {describe(error)}") from exception
                sleep(0.2)
            else:
                return

    def _find_ends(self) -> None:
        partitions = self._new_partitions(TIMEOUT_S)
        if self._since_ms is not None:
            wanted = [TopicPartition(self._topic, each.partition, self._since_ms) for each in partitions]
            partitions = self._consumer.offsets_for_times(wanted, timeout=TIMEOUT_S)
        for partition in partitions:
            low, high = self._consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S)
            if partition.offset == OFFSET_END:
                partition.offset = high  # all of it is older
            if max(partition.offset, low) < high:
                self._ends[partition.partition] = high
        self._assign(partitions)

    def _new_partitions(self, timeout_s: float) -> list[TopicPartition]:
        """Return the partitions that are not read yet, from their beginning."""
        numbers = self._consumer.list_topics(self._topic, timeout=timeout_s).topics[self._topic].partitions
        return [
            TopicPartition(self._topic, number, OFFSET_BEGINNING)
            for number in numbers
            if number not in self._numbers
        ]

    def _assign(self, partitions: list[TopicPartition]) -> None:
        self._consumer.incremental_assign(partitions)
        self._numbers.update(partition.partition for partition in partitions)

    def _look_for_more(self) -> None:
        self._looked_at = monotonic()
        try:
            more = self._new_partitions(1.0)
            if more:
                self._assign(more)
        except KafkaException:
            return  # the next look will do

    @property
    def ends(self) -> dict[int, int]:
        """The ends, as they were at the start, of the partitions that are not read up to there."""
        return self._ends.copy()

    @property
    def at_end(self) -> bool:
        """Whether everything has been read that was there at the start."""
        return not self._ends

    def read(self, timeout_s: float) -> list[Message]:
        """Return the records that have arrived, after ``timeout_s`` seconds at most.

        Raises:
            RefusedError: the broker does not let us read.
        """
        if monotonic() - self._looked_at > LOOK_EVERY_S:
            self._look_for_more()
        messages = []
        for message in self._consumer.consume(1_000, timeout_s):
            error = message.error()
            if error is None:
                messages.append(message)
            elif error.code() in FATAL:
                raise RefusedError(f"{self._topic} cannot be read: {describe(error)}")
        if self._ends:
            self._reached()
        return messages

    def _reached(self) -> None:
        # By position, not by the last record seen: compaction and transactions leave offsets without a record.
        for position in self._consumer.position(
            [TopicPartition(self._topic, number) for number in self._ends]
        ):
            if position.offset != OFFSET_INVALID and position.offset >= self._ends[position.partition]:
                del self._ends[position.partition]

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()


def records_now(settings: Settings, topic: str, since_ms: int | None = None) -> Iterator[list[Message]]:
    """Yield the records that a topic holds now, from a time on (ms since the epoch), all of them where that is None.

    Raises:
        BrokerError: the broker does not answer or does not let us read, or has no such topic.
    """
    require_topic(settings, topic)
    with closing(TopicReader(settings, topic, since_ms)) as reader:
        reader.start()
        ends = reader.ends
        heard = monotonic()
        while not reader.at_end:
            messages = [
                message
                for message in reader.read(0.2)
                if (message.offset() or 0) < ends.get(message.partition() or 0, 0)
            ]
            if messages:
                yield messages
                heard = monotonic()
            elif monotonic() - heard > PATIENCE_S:
                raise BrokerError(
                    f"{topic} has sent nothing for {PATIENCE_S:.0f} s: see whether the broker runs (`logsluice check`)"
                )


def require_topic(settings: Settings, topic: str) -> None:
    """Return if a topic can be read.

    Raises:
        BrokerError: the broker does not answer, or has no such topic.
    """
    missing = missing_topics(topics_of(settings, TIMEOUT_S).keys(), {topic})
    if missing is not None:
        raise missing
