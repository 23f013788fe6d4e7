"""The newest records of a topic, read in no group, so that no offsets change."""

from contextlib import closing
from time import monotonic

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import make_reader
from consumer.kafka.errors import describe, is_refusal
from consumer.settings import Settings

ASK_S = 10.0


def newest_records(
    settings: Settings, topic: str, partitions: int, count: int, wait_s: float
) -> list[Message]:
    """Return the newest records of a topic by their time, the oldest of them first; ``count`` at most.

    Takes what has come after ``wait_s`` seconds, where a transaction that is open holds back the rest.

    Raises:
        BrokerError: the broker does not let us read.
    """
    with closing(make_reader(settings)) as consumer:
        ends = _assign_tails(consumer, topic, partitions, count)
        records: list[Message] = []
        until = monotonic() + wait_s
        while ends and monotonic() < until:
            for message in consumer.consume(1_000, 0.2):
                error = message.error()
                if error is None:
                    records.append(message)
                elif is_refusal(error):
                    raise BrokerError(f"{topic} cannot be read: {describe(error)}")
            for reached in consumer.position([TopicPartition(topic, number) for number in ends]):
                if reached.offset >= ends[reached.partition]:
                    del ends[reached.partition]
    records.sort(key=lambda message: (message.timestamp()[1], message.partition(), message.offset()))
    return records[-count:]


def _assign_tails(consumer: Consumer, topic: str, partitions: int, count: int) -> dict[int, int]:
    """Begin so many records before the end of each partition; return the ends of those that hold any."""
    ends: dict[int, int] = {}
    tails = []
    for number in range(partitions):
        try:
            oldest, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ASK_S)
        except KafkaException as error:
            raise BrokerError(f"{topic} cannot be read: {describe(error.args[0])}") from error
        if end > oldest:
            ends[number] = end
            tails.append(TopicPartition(topic, number, max(oldest, end - count)))
    consumer.assign(tails)
    return ends
