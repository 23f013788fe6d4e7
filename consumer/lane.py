"""The fast lane: one batch in, all of it decided, all of it out, then the commit.

Between two batches nothing is in flight. A rebalance, a stop or a crash therefore finds either a batch that is
committed or one that will be consumed again, never half of one.
"""

from collections.abc import Callable, Sequence
from time import time

import numpy as np
import numpy.typing as npt
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from consumer.clients import FATAL, describe, make_consumer
from consumer.commit import commit
from consumer.dead_letters import CUT_BYTES, cut, dead_letter
from consumer.decoding import Decode, Reason, UndecodableError, decode_text, json_decoder
from consumer.delivery import Delivery, Outgoing
from consumer.errors import BrokerError
from consumer.health import Health
from consumer.labelling import Labeller
from consumer.lag import LagGauge
from consumer.log import get_logger
from consumer.metrics import Metrics
from consumer.settings import Settings
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict


class FastLane:
    """Labels the input topics until told to stop. Owns its consumer and its producer; runs in one thread."""

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        metrics: Metrics,
        health: Health,
        stopping: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._cascade = cascade
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        if settings.input_format == "text":
            self._decode: Decode = decode_text
        else:
            self._decode = json_decoder(settings.source_field, settings.message_field)
        self._labeller = Labeller(
            cascade.bundle.version, settings.input_format, settings.source_field, settings.message_field
        )
        self._fatal: KafkaError | None = None
        self._consumer: Consumer = make_consumer(settings, self._on_error)
        self._delivery = Delivery(settings, health, stopping)
        self._lag = LagGauge(metrics, "fast")

    def run(self) -> None:
        """Consume until told to stop, then leave the group.

        Raises:
            BrokerError: the broker refuses us, or is away while we are told to stop. What is committed is published.
        """
        self._health.obstructed("group", "joining the consumer group")
        self._consumer.subscribe(
            list(self._settings.input_topic), on_assign=self._on_assign, on_revoke=self._on_revoke
        )
        try:
            while not self._stopping():
                self._health.beat()
                self._run_once()
        finally:
            self._consumer.close()

    def _run_once(self) -> None:
        with self._metrics.stage("fast", "consume"):
            messages = self._consumer.consume(
                self._settings.batch_max_events, self._settings.batch_max_wait_ms / 1000
            )
        batch = []
        for message in messages:
            error = message.error()
            if error is None:
                batch.append(message)
            else:
                self._on_error(error)
        if batch:
            self._health.clear("broker")
            self.process(batch)
        if self._fatal is not None:
            raise BrokerError(f"consuming is refused: {describe(self._fatal)}")
        self._lag.update(self._consumer)

    def process(self, batch: Sequence[Message]) -> None:
        """Take a batch from raw records to committed offsets."""
        metrics = self._metrics
        metrics.consumed.labels("fast").inc(len(batch))
        with metrics.stage("fast", "decode"):
            records, events, dead = self._decoded(batch)
        with metrics.stage("fast", "label"):
            verdicts = self._cascade.label(events)
        with metrics.stage("fast", "publish"):
            for message, event, verdict in zip(records, events, verdicts, strict=True):
                self._delivery.send(self._labelled(message, event, verdict))
        with metrics.stage("fast", "flush"):
            too_large = {refused.event_id for refused in self._delivery.flush()}
            if too_large:
                dead += [(message, "too_large") for message in records if event_id(message) in too_large]
                kept = [place for place, message in enumerate(records) if event_id(message) not in too_large]
                records, events = [records[place] for place in kept], [events[place] for place in kept]
                verdicts = [verdicts[place] for place in kept]
            self._publish_dead(dead)
        with metrics.stage("fast", "commit"):
            commit(self._consumer)

        metrics.count_labelled(events, verdicts)
        metrics.event_age.observe(_ages_s(records))
        for _, reason in dead:
            metrics.dead.labels(reason).inc()

    def _decoded(
        self, batch: Sequence[Message]
    ) -> tuple[list[Message], list[Event], list[tuple[Message, Reason]]]:
        """Return the records that hold an event, their events, and the records that hold none, with the reason."""
        records, events, dead = [], [], []
        for message in batch:
            try:
                events.append(self._decode(message.value()))
                records.append(message)
            except UndecodableError as error:
                dead.append((message, error.reason))
        return records, events, dead

    def _labelled(self, message: Message, event: Event, verdict: Verdict) -> Outgoing:
        value, headers = self._labeller.label(
            message.value() or b"", message.headers(), event, verdict, event_id(message)
        )
        return Outgoing(
            self._settings.output_topic, value, message.key(), headers, max(message.timestamp()[1], 0)
        )

    def _publish_dead(self, dead: Sequence[tuple[Message, Reason]]) -> None:
        if not dead:
            return
        letters = [dead_letter(self._settings.dead_letter_topic, message, reason) for message, reason in dead]
        for letter in letters:
            self._delivery.send(letter)
        for refused in self._delivery.flush():
            self._delivery.send(cut(refused))
        if self._delivery.flush():
            raise BrokerError(
                f"{self._settings.dead_letter_topic} refuses dead letters of {CUT_BYTES} bytes: raise its "
                "max.message.bytes; nothing of this batch is committed"
            )

    def _on_error(self, error: KafkaError) -> None:
        """Take an error of the client; most mend themselves, and the client keeps trying."""
        if error.code() in FATAL or error.fatal():
            self._fatal = error
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._health.obstructed("broker", "no broker can be reached")
        get_logger().warning("kafka", error=error.name(), detail=error.str())

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._health.clear("group")
        self._health.clear("broker")
        get_logger().info("partitions assigned", partitions=[f"{p.topic}-{p.partition}" for p in partitions])

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._lag.forget(partitions)
        get_logger().info("partitions revoked", partitions=[f"{p.topic}-{p.partition}" for p in partitions])


def event_id(message: Message) -> str:
    """Return topic-partition-offset: the same for every delivery of the same record."""
    return f"{message.topic()}-{message.partition()}-{message.offset()}"


def _ages_s(messages: Sequence[Message]) -> npt.NDArray[np.float64]:
    """Return how long ago records were written, in seconds; a writer's clock that is ahead counts as now."""
    written_ms = np.array([message.timestamp()[1] for message in messages], dtype=np.float64)
    return np.maximum(time() - written_ms[written_ms > 0] / 1000, 0.0)
