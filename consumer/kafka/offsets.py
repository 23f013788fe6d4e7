"""Offsets of a consumer group: which to commit, committing them, and going back to them."""

from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.errors import FATAL, describe
from consumer.log import get_logger

# The group's coordinator cannot take offsets for now: it is away, moves, or has not read them yet.
_AWAY = (
    KafkaError._WAIT_COORD,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)


class NoCoordinatorError(Exception):
    """The group has no coordinator that takes offsets for now. Try again."""


def commit(consumer: Consumer, positions: list[TopicPartition]) -> list[TopicPartition]:
    """Commit positions, wait for the broker's answer, and return those that it did not take.

    A commit that fails because the group moved on is no loss: whoever gets the partitions consumes those events
    again, with the same event ids.

    Raises:
        NoCoordinatorError: nobody takes them for now.
        BrokerError: the broker will never take them.
    """
    try:
        answered = consumer.commit(offsets=positions, asynchronous=False)
        failed = [(each, each.error) for each in answered if each.error]
    except KafkaException as exception:
        failed = [(each, exception.args[0]) for each in positions]
    for _, error in failed:
        if error.code() in FATAL or error.code() == KafkaError._FATAL:
            raise BrokerError(f"offsets cannot be committed: {describe(error)}")
        if error.code() in _AWAY:
            raise NoCoordinatorError(error.str())
        get_logger().warning(
            "offsets not committed; the events may be consumed again", error=error.name(), detail=error.str()
        )
    return [TopicPartition(each.topic, each.partition, each.offset) for each, _ in failed]


class Offsets(NamedTuple):
    """What to commit once a batch is published.

    ``membership`` is what the group's coordinator knows the consumer by, as it was when the batch was consumed: where
    the group has moved on since, it takes no offsets of the batch.
    """

    consumer: Consumer
    positions: list[TopicPartition]
    membership: object


def offsets_behind(messages: Sequence[Message]) -> list[TopicPartition]:
    """Return for each partition the offset behind the last of its records; the records are in their order."""
    topics = [message.topic() or "" for message in messages]
    numbers = [message.partition() or 0 for message in messages]
    offsets = [message.offset() or 0 for message in messages]
    last: dict[tuple[str, int], int]
    if topics and topics.count(topics[0]) == len(topics):  # nearly always, and quicker
        last = {
            (topics[0], number): offset for number, offset in dict(zip(numbers, offsets, strict=True)).items()
        }
    else:
        last = dict(zip(zip(topics, numbers, strict=True), offsets, strict=True))
    return [TopicPartition(topic, number, offset + 1) for (topic, number), offset in last.items()]


def rewind(consumer: Consumer, messages: Sequence[Message]) -> None:
    """Make the consumer take records again. Partitions that another member has by now are left to it."""
    first: dict[tuple[str, int], int] = {}
    for message in messages:
        first.setdefault((message.topic() or "", message.partition() or 0), message.offset() or 0)
    for (topic, number), offset in first.items():
        try:
            consumer.seek(TopicPartition(topic, number, offset))
        except KafkaException as error:
            get_logger().info("not rewound", partition=f"{topic}-{number}", reason=error.args[0].name())
