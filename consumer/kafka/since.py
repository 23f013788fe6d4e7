"""The records of a topic from a time on to its end, read in no group, so that no offsets change."""

from collections.abc import Iterator
from contextlib import closing
from time import monotonic

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import make_reader
from consumer.kafka.cluster import missing_topics, topics_of
from consumer.kafka.errors import describe, is_refusal
from consumer.settings import Settings

ASK_S = 10.0
PATIENCE_S = 60.0
"""Seconds without a record after which a topic is given up."""


def records_since(settings: Settings, topic: str, since_ms: int | None) -> Iterator[list[Message]]:
    """Yield the records that a topic holds now, from a time on (ms since the epoch), all of them where that is None.

    Raises:
        BrokerError: the broker does not answer or does not let us read, or has no such topic.
    """
    missing = missing_topics((topics := topics_of(settings, ASK_S)).keys(), {topic})
    if missing is not None:
        raise missing
    with closing(make_reader(settings)) as consumer:
        try:
            ends = _assign(consumer, topic, topics[topic], since_ms)
        except KafkaException as exception:
            raise BrokerError(f"{topic} cannot be read: {describe(exception.args[0])}") from exception
        heard = monotonic()
        while ends:
            messages = []
            for message in consumer.consume(5_000, 0.5):
                error = message.error()
                if error is not None and is_refusal(error):
                    raise BrokerError(f"{topic} cannot be read: {describe(error)}")
                if error is None and (message.offset() or 0) < ends.get(message.partition() or 0, 0):
                    messages.append(message)
            if messages:
                heard = monotonic()
                yield messages
            elif monotonic() - heard > PATIENCE_S:
                raise BrokerError(
                    f"{topic} has sent nothing for {PATIENCE_S:.0f} s: see whether the broker runs (`logsluice check`)"
                )
            for reached in consumer.position([TopicPartition(topic, number) for number in ends]):
                if reached.offset >= ends[reached.partition]:
                    del ends[reached.partition]


def _assign(consumer: Consumer, topic: str, partitions: int, since_ms: int | None) -> dict[int, int]:
    """Begin where the time says; return the ends of the partitions that hold anything from there on."""
    wanted = [TopicPartition(topic, number, since_ms or 0) for number in range(partitions)]
    starts = {
        each.partition: each.offset
        for each in (consumer.offsets_for_times(wanted, timeout=ASK_S) if since_ms is not None else ())
    }
    ends: dict[int, int] = {}
    begin = []
    for number in range(partitions):
        oldest, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ASK_S)
        start = starts.get(number, oldest)
        start = end if start == OFFSET_END or start < 0 else max(start, oldest)
        if start < end:
            ends[number] = end
            begin.append(TopicPartition(topic, number, start))
    consumer.assign(begin)
    return ends
