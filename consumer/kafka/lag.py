"""Consumer lag, by partition, as a gauge."""

from collections.abc import Callable, Sequence
from time import monotonic

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

from consumer.log import get_logger
from consumer.telemetry.metrics import Lane, Metrics

EVERY_S = 1.0
_TIMEOUT_S = 5.0


def events_behind(metrics: Metrics, lane: Lane) -> int:
    """Return how many events a lane is behind, in the partitions that this process has."""
    samples = (sample for family in metrics.lag.collect() for sample in family.samples)
    return int(sum(sample.value for sample in samples if sample.labels["lane"] == lane))


class LagGauge:
    """Keeps ``logsluice_consumer_lag`` current, from what the client knows anyway: no request is sent."""

    def __init__(self, metrics: Metrics, lane: Lane, clock: Callable[[], float] = monotonic) -> None:
        self._gauge = metrics.lag
        self._lost = metrics.events_lost.labels(lane)
        self._lane = lane
        self._clock = clock
        self._next = 0.0
        self._committed: dict[tuple[str, int], int] = {}

    def begin(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Ask where the group stands in partitions that were just assigned: until something of them is consumed.

        Where that is before a partition's first record, retention has deleted what was not consumed yet.
        """
        try:
            committed = consumer.committed(partitions, timeout=_TIMEOUT_S)
            self._committed |= {(each.topic, each.partition): each.offset for each in committed}
            for place in committed:
                if place.offset >= 0:
                    self._count_lost(place, consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[0])
        except KafkaException:
            return  # then they count from their start for a while

    def _count_lost(self, committed: TopicPartition, first: int) -> None:
        lost = first - committed.offset
        if lost > 0:
            self._lost.inc(lost)
            get_logger().error(
                "records were deleted by retention before they were consumed: keep them longer, or consume faster",
                partition=f"{committed.topic}-{committed.partition}",
                records=lost,
            )

    def update(self, consumer: Consumer) -> None:
        """Set the gauges of the partitions that the consumer has, at most once in `EVERY_S`."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY_S
        try:
            for position in consumer.position(consumer.assignment()):
                low, high = consumer.get_watermark_offsets(position, cached=True)
                if high == OFFSET_INVALID:
                    continue
                reached = position.offset
                if reached < 0:
                    reached = self._committed.get((position.topic, position.partition), OFFSET_INVALID)
                behind = high - (reached if reached >= 0 else low)
                self._gauge.labels(self._lane, position.topic, position.partition).set(max(behind, 0))
        except KafkaException:
            return  # between two assignments; the next second will do

    def forget(self, partitions: Sequence[TopicPartition]) -> None:
        """Drop the gauges of partitions that another member has now."""
        for partition in partitions:
            self._committed.pop((partition.topic, partition.partition), None)
            try:
                self._gauge.remove(self._lane, partition.topic, partition.partition)
            except KeyError:
                continue
