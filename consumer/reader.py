"""Reads a topic from its start to its end and beyond, in no group: nobody's offsets are touched."""

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_INVALID,
    Consumer,
    KafkaException,
    Message,
    TopicPartition,
)

from consumer.clients import FATAL, describe, make_reader, wait_for_topics
from consumer.errors import BrokerError, RefusedError
from consumer.settings import Settings

TIMEOUT_S = 10.0


class TopicReader:
    """Reads every partition of a topic, and knows when it has reached what was the end at the start."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._consumer: Consumer = make_reader(settings)
        self._ends: dict[int, int] = {}

    def start(self) -> None:
        """Find the partitions and what they hold by now.

        Raises:
            BrokerError: the broker does not answer.
        """
        try:
            metadata = self._consumer.list_topics(self._topic, timeout=TIMEOUT_S).topics[self._topic]
            partitions = [
                TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in metadata.partitions
            ]
            for partition in partitions:
                low, high = self._consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S)
                if high > low:
                    self._ends[partition.partition] = high
            self._consumer.assign(partitions)
        except KafkaException as error:
            raise BrokerError(f"{self._topic} cannot be read: {describe(error.args[0])}") from error

    @property
    def at_end(self) -> bool:
        """Whether everything has been read that was there at the start."""
        return not self._ends

    def read(self, timeout_s: float) -> list[Message]:
        """Return what has come, within a time.

        Raises:
            RefusedError: the broker does not let us read.
        """
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


def require_topic(settings: Settings, topic: str) -> None:
    """Return if a topic can be read.

    Raises:
        BrokerError: the broker does not answer, or has no such topic.
    """

    def give_up(why: str) -> None:
        raise BrokerError(why)

    wait_for_topics(settings, {topic}, lambda: False, give_up)
