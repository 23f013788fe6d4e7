"""Transactions that cannot be committed: which errors end them, and what is raised."""

from collections.abc import Sequence

from confluent_kafka import KafkaError

from consumer.kafka.refusals import Refusal

# The broker has ended our transaction: it took too long, or another process has begun one under its id.
ENDED = (
    KafkaError._FATAL,
    KafkaError._FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_TXN_STATE,
    KafkaError.INVALID_PRODUCER_ID_MAPPING,
)
# The group has moved on without us: its partitions may be another member's.
LOST = (
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.STALE_MEMBER_EPOCH,
    KafkaError.FENCED_MEMBER_EPOCH,
    KafkaError.REBALANCE_IN_PROGRESS,
)


class AbortedError(Exception):
    """A transaction that cannot be committed; ``refusals`` are the rows that the broker refused for what they are."""

    def __init__(self, error: KafkaError, refusals: Sequence[Refusal] = ()) -> None:
        super().__init__(error.str())
        self.error = error
        self.refusals = refusals
