"""The fast lane: one batch in, all of it decided, all of it out, then the commit.

Between two batches nothing is in flight. A rebalance, a stop or a crash therefore finds either a batch that is
committed or one that will be consumed again, never half of one.
"""

from collections.abc import Callable, Sequence
from time import time

import msgspec
import numpy as np
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from consumer.clients import FATAL, describe, make_consumer
from consumer.commit import commit
from consumer.dead_letters import cut, dead_letter
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


class Labelled(msgspec.Struct, frozen=True, gc=False):
    """An event on its way out: the record it came in, what was read from it, and its verdict."""

    message: Message
    event: Event
    verdict: Verdict


class FastLane:
    """Labels the input topics until told to stop. Owns its consumer and its producer; runs in one thread."""

    def __init__(
        self, settings: Settings, cascade: Cascade, metrics: Metrics, health: Health, stopping: Callable[[], bool]
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
        batch = [message for message in messages if message.error() is None or self._on_error(message.error())]
        if batch:
            self.process(batch)
        if self._fatal is not None:
            raise BrokerError(f"consuming is refused: {describe(self._fatal)}")
        self._lag.update(self._consumer)

    def process(self, batch: Sequence[Message]) -> None:
        """Take a batch from raw records to committed offsets."""
        metrics = self._metrics
        metrics.consumed.labels("fast").inc(len(batch))
        dead: dict[str, tuple[Message, Reason]] = {}
        with metrics.stage("fast", "decode"):
            records, events = self._decoded(batch, dead)
        with metrics.stage("fast", "label"):
            verdicts = self._cascade.label(events)
        labelled = [Labelled(*outcome) for outcome in zip(records, events, verdicts, strict=True)]
        with metrics.stage("fast", "publish"):
            for outcome in labelled:
                self._delivery.send(self._outgoing(outcome))
        with metrics.stage("fast", "flush"):
            for message in self._delivery.flush():
                dead[dict(message.headers() or ())["event_id"].decode()] = (message, "too_large")
            self._publish_dead(batch, dead)
        with metrics.stage("fast", "commit"):
            commit(self._consumer)
        self._count(labelled, dead)
