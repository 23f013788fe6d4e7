"""The topic that relabelled events go to: what it may be, how it is made, and what is published to it."""

from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError

from consumer.kafka.exactly_once import ExactlyOncePublisher
from consumer.kafka.patience import Patience
from consumer.kafka.refusals import REFUSALS, row_with_time_of_publication
from consumer.kafka.topics import all_topics, create_topic, topic_config
from consumer.lanes.history.report import NotLabelled
from consumer.records.incoming import event_id
from consumer.records.outgoing import Row
from consumer.settings import Settings
from consumer.settings.names import check_topic
from consumer.telemetry.metrics import Metrics

MAX_RECORD_BYTES = 8 << 20


def check_target(settings: Settings, topic: str, sources: Iterable[str]) -> None:
    """Return if relabelled events may go to a topic.

    Raises:
        ValueError: it cannot be the name of a topic, or the service reads or writes it.
    """
    check_topic(topic)
    # Topics whose names differ in case alone are two for Kafka, and a slip of somebody's here.
    taken = {each.lower(): each for each in (*all_topics(settings), *sources)}
    if topic.startswith("__"):
        raise ValueError(f"{topic} is the broker's own")
    if topic.lower() in taken:
        raise ValueError(
            f"the settings name {taken[topic.lower()]}, which is left alone: name a topic for relabelled events alone"
        )


def make_target(settings: Settings, topic: str, source: str, partitions: int) -> None:
    """Make the topic, with so many partitions. It keeps its records for as long as the source keeps its own.

    Raises:
        BrokerError: the broker refuses.
    """
    of_source = topic_config(settings, source) or {}
    same = ("retention.ms", "message.timestamp.before.max.ms")
    config = {name: of_source[name] for name in same if of_source.get(name)}
    config["message.timestamp.type"] = "CreateTime"  # each event keeps its time
    largest = max(int(of_source.get("max.message.bytes") or 0), MAX_RECORD_BYTES)
    create_topic(settings, topic, partitions, config | {"max.message.bytes": str(largest)})


class Target:
    """Publishes each batch in one transaction, so that what a dead process left behind is whole batches."""

    def __init__(self, settings: Settings, patience: Patience, metrics: Metrics, topic: str) -> None:
        self.refused: list[NotLabelled] = []
        """What the broker does not take."""
        self._publisher = ExactlyOncePublisher(
            settings,
            patience,
            metrics,
            "fast",
            transactional_id=f"{settings.group_id}-relabel-{topic}",
            instead=self._instead,
            ends_if_fenced=True,
        )
        self.open: Callable[[], None] = self._publisher.open
        self.publish = self._publisher.publish

    def _instead(self, row: Row, error: KafkaError) -> list[Row]:
        if error.code() == KafkaError.INVALID_TIMESTAMP and row.record.timestamp_ms:
            return [row_with_time_of_publication(row)]
        if row.message is not None:
            self.refused.append(NotLabelled(event_id(row.message), REFUSALS[error.code()]))
        return []
