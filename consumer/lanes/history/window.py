"""A window of time, and where in the partitions of topics its records are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.errors import describe

ASK_S = 15.0


class Window(NamedTuple):
    """From a time on, and before another one, in ms since the epoch."""

    from_ms: int
    to_ms: int


class Span(NamedTuple):
    """A part of a partition: from the first record that may be in the window to the end of what is there now.

    ``oldest`` is the offset of the oldest record that the broker still has.
    """

    topic: str
    number: int
    start: int
    end: int
    oldest: int

    @property
    def may_lack(self) -> bool:
        """Whether records of the window may have been deleted before they could be read."""
        return 0 < self.oldest == self.start


def spans_of(consumer: Consumer, partitions: Mapping[str, int], from_ms: int) -> list[Span]:
    """Return where records since a time are, for topics and the numbers of their partitions.

    Raises:
        BrokerError: the broker does not say.
    """
    places = [
        TopicPartition(topic, number, max(from_ms, 0))
        for topic, count in partitions.items()
        for number in range(count)
    ]
    try:
        found: Sequence[TopicPartition] = consumer.offsets_for_times(places, timeout=ASK_S)
        return [_span(consumer, each) for each in found]
    except KafkaException as error:
        raise BrokerError(f"{', '.join(partitions)} cannot be read: {describe(error.args[0])}") from error


def _span(consumer: Consumer, found: TopicPartition) -> Span:
    if found.error is not None:
        raise KafkaException(found.error)
    oldest, end = consumer.get_watermark_offsets(found, timeout=ASK_S)
    start = found.offset if found.offset >= 0 else end  # negative: no record is so young
    return Span(found.topic, found.partition, min(max(start, oldest), end), end, oldest)
