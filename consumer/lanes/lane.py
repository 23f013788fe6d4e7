"""A lane: one batch in, all of it decided, all of it out, then the commit.

Between two batches nothing is in flight. A rebalance, a stop or a crash therefore finds either a batch that is
committed or one that will be consumed again, never half of one. How a batch is decided is for the lane's decider
to say: `fast.py` and `slow.py`.
"""

from collections.abc import Callable, Sequence
from secrets import token_hex
from socket import gethostname
from time import monotonic, sleep, time
from typing import NoReturn

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import FATAL, clients_of, describe, make_admin, make_consumer
from consumer.kafka.delivery import RETRY_S, Delivery, Refused
from consumer.kafka.exactly_once import AbortedError, ExactlyOnceDelivery
from consumer.kafka.lag import LagGauge
from consumer.kafka.offsets import rewind
from consumer.kafka.timeouts import NoAnswerError, answer_of
from consumer.lanes.contract import Decided, Decider, Intake
from consumer.log import get_logger
from consumer.records.dead_letter import CUT_BYTES, Dead, cut, dead_letter
from consumer.records.decoding import Reason
from consumer.records.incoming import event_id
from consumer.records.outgoing import OutgoingRecord
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics

NAP_S = 0.25
LEAST_WAIT_S = 0.005
LEAVE_PATIENCE_S = 5.0
ASK_TIMES = 10
"""How often a broker that has just come back is asked who is in the group."""
ALONE_TIMES = 3
"""How often it has to say that nobody else has our name: one that has just started takes a moment to join."""


class Lane:
    """Consumes topics until told to stop. Owns its consumer and its producer; runs in one thread."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        decider: Decider,
        metrics: Metrics,
        health: Health,
        stopping: Callable[[], bool],
    ) -> None:
        self._intake = intake
        self._decider = decider
        self._lane = decider.lane
        self._dead_letter_topic = settings.dead_letter_topic
        self._pending_topic = settings.pending_topic
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        self._fatal: KafkaError | None = None
        self._resting = False
        self._broker_away = False
        self._taken_at = monotonic()
        health.obstructed(f"{self._lane} lane", "joining the consumer group")
        self._settings = settings
        self._name = f"{intake.group}-{self._lane}-{settings.instance or gethostname()}"
        self._client_id = f"{self._name}/{token_hex(4)}"
        self._consumer: Consumer = make_consumer(settings, intake.group, self._on_error, self._client_id)
        self._obstacle = f"publish ({self._lane})"
        self._exactly_once: ExactlyOnceDelivery | None = None
        if settings.delivery == "exactly-once":
            self._exactly_once = ExactlyOnceDelivery(
                settings, health, stopping, self._name, self._taken_over, self._obstacle
            )
        self._delivery: Delivery = self._exactly_once or Delivery(
            settings, health, stopping, obstacle=self._obstacle
        )
        self._refused: dict[tuple[str, str], Reason] = {}
        """Of batches to be taken anew: records that the broker refuses for what they are, and why."""
        self._lag = LagGauge(metrics, self._lane)

    def run(self) -> None:
        """Consume until told to stop, then leave the group.

        Raises:
            BrokerError: the broker refuses us, or is away while we are told to stop. What is committed is published.
        """
        self._delivery.open()
        self._consumer.subscribe(
            list(self._intake.topics), on_assign=self._on_assign, on_revoke=self._on_revoke
        )
        try:
            while not self._stopping():
                self._health.beat()
                self._run_once()
                self._rest(self._decider.rest_s())
        finally:
            self._leave()

    def _leave(self) -> None:
        """Leave the group. Where its coordinator is away, the client may wait for it without end, and is left alone."""
        try:
            answer_of(self._consumer.close, self._health.beat, LEAVE_PATIENCE_S)
        except NoAnswerError:
            get_logger().warning(
                "the group could not be left: its coordinator does not answer", lane=self._lane
            )

    def _run_once(self) -> None:
        # What came while the batch before was worked on has waited that long already.
        wait_s = max(LEAST_WAIT_S, self._intake.max_wait_s - (monotonic() - self._taken_at))
        with self._metrics.stage(self._lane, "consume"):
            messages = self._consumer.consume(self._intake.max_events, wait_s)
        self._taken_at = monotonic()
        batch = []
        for message in messages:
            error = message.error()
            if error is None:
                batch.append(message)
            else:
                self._on_error(error)
        if batch:
            self._broker_is_back()
            self.process(batch)
        elif self._broker_away:
            self._look_for_broker()
        if self._fatal is not None:
            raise BrokerError(f"consuming is refused: {describe(self._fatal)}")
        self._lag.update(self._consumer)

    def _look_for_broker(self) -> None:
        """Ask the broker something: where no event comes, nothing else tells that it is back."""
        try:
            self._consumer.list_topics(self._intake.topics[0], timeout=1.0)
        except KafkaException:
            return
        self._broker_is_back()

    def _broker_is_back(self) -> None:
        self._broker_away = False
        self._health.clear("broker")

    def process(self, batch: Sequence[Message]) -> None:
        """Take a batch from raw records to committed offsets."""
        metrics, lane = self._metrics, self._lane
        decided = self._decider.decide(batch)
        try:
            self._publish(decided, batch)
        except AbortedError as aborted:
            if self._exactly_once is None:
                raise
            self._start_over(self._exactly_once, batch, aborted)
            return

        metrics.count_consumed(lane, len(batch) - decided.beside)
        metrics.count_labelled(decided.events, decided.verdicts)
        metrics.count_pending(lane, decided.pending)
        written_ms = np.array(decided.written_ms, dtype=np.float64)
        # A writer's clock that is ahead counts as now.
        metrics.event_age.observe(np.maximum(time() - written_ms[written_ms > 0] / 1000, 0.0))
        for dead in decided.dead:
            metrics.dead.labels(dead.reason).inc()
        self._decider.done(decided)

    def _publish(self, decided: Decided, batch: Sequence[Message]) -> None:
        metrics, lane, delivery = self._metrics, self._lane, self._delivery
        delivery.begin()
        with metrics.stage(lane, "publish"):
            delivery.send_all(decided.records if not self._refused else self._without_refused(decided))
        with metrics.stage(lane, "flush"):
            self._bury(decided, delivery.flush())
            self._publish_dead(decided.dead)
        with metrics.stage(lane, "commit"):
            delivery.commit(self._consumer, batch)
        self._refused.clear()

    def _start_over(
        self, delivery: ExactlyOnceDelivery, batch: Sequence[Message], aborted: AbortedError
    ) -> None:
        """Abort the transaction and have the batch consumed again."""
        get_logger().warning("batch aborted, to be taken anew", lane=self._lane, reason=str(aborted))
        self._metrics.batches_aborted.labels(self._lane).inc()
        self._health.obstructed(self._obstacle, f"the batch is taken anew: {aborted}")
        delivery.abort()
        alone = delivery.refused_alone(aborted.refused)
        found = {_identity(record): reason for record, reason in alone or ()}
        if any(topic == self._dead_letter_topic for topic, _ in found.keys() & self._refused.keys()):
            self._dead_letters_refused()
        self._refused |= found
        rewind(self._consumer, batch)
        if aborted.refused and alone == []:
            delivery.send_less_at_once()
        elif not found:
            self._rest(RETRY_S)

    def _taken_over(self) -> bool:
        """Return whether another process of our name is in the group.

        Raises:
            BrokerError: the broker does not say.
        """
        alone = 0
        for _ in range(ASK_TIMES):
            self._health.beat()
            try:
                clients = clients_of(make_admin(self._settings), self._intake.group)
            except KafkaException as error:
                get_logger().warning("the group is not known", lane=self._lane, detail=error.args[0].str())
            else:
                if any(client.startswith(f"{self._name}/") for client in clients - {self._client_id}):
                    return True
                alone += 1
                if alone == ALONE_TIMES:
                    return False
            if self._stopping():
                break
            sleep(RETRY_S)
        raise BrokerError(
            "the broker has ended the transaction and does not say whether another process has our name; nothing of "
            "the batch is committed"
        )

    def _without_refused(self, decided: Decided) -> list[OutgoingRecord]:
        """Return the records to publish, and make dead letters of those that are known to be refused."""
        records = list(decided.records)
        known = self._refused
        self._bury(decided, [Refused(r, known[_identity(r)]) for r in records if _identity(r) in known])
        return [record for record in records if _identity(record) not in known]

    def _bury(self, decided: Decided, refused: Sequence[Refused]) -> None:
        """Make dead letters of the events whose outcome the broker refuses."""
        for record, reason in refused:
            if record.of is None:
                get_logger().warning("the broker refuses a record", topic=record.topic, reason=reason)
                continue
            decided.dead.append(Dead(record.of, reason))
            if record.topic == self._pending_topic:
                decided.pending -= 1
            else:
                place = next(place for place, message in enumerate(decided.messages) if message is record.of)
                for column in (decided.messages, decided.events, decided.verdicts, decided.written_ms):
                    del column[place]

    def _publish_dead(self, dead: Sequence[Dead]) -> None:
        if not dead:
            return
        for each in dead:
            letter = dead_letter(self._dead_letter_topic, each)
            self._delivery.send(cut(letter) if _identity(letter) in self._refused else letter)
        for refused in self._delivery.flush():
            self._delivery.send(cut(refused.record))
        if self._delivery.flush():
            self._dead_letters_refused()

    def _dead_letters_refused(self) -> NoReturn:
        raise BrokerError(
            f"{self._dead_letter_topic} refuses dead letters of {CUT_BYTES} bytes: raise its "
            "max.message.bytes; nothing of this batch is committed"
        )

    def _rest(self, seconds: float) -> None:
        """Wait with the partitions paused: the client stays in the group, and hears of rebalances."""
        if seconds <= 0:
            return
        until = monotonic() + seconds
        self._resting = True
        self._consumer.pause(self._consumer.assignment())
        while not self._stopping() and (left := until - monotonic()) > 0:
            self._health.beat()
            self._lag.update(self._consumer)
            self._poll_nothing(min(NAP_S, left))
        self._consumer.resume(self._consumer.assignment())
        self._resting = False

    def _poll_nothing(self, timeout_s: float) -> None:
        """Let the client speak with the group; every partition is paused."""
        message = self._consumer.poll(timeout_s)
        error = message.error() if message is not None else None
        if error is not None:
            self._on_error(error)
        elif message is not None:
            raise BrokerError("a record came from a paused partition; start logsluice anew")

    def _on_error(self, error: KafkaError) -> None:
        """Take an error of the client; most mend themselves, and the client keeps trying."""
        if error.code() in FATAL or error.fatal():
            self._fatal = error
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._broker_away = True
            self._health.obstructed("broker", "no broker can be reached")
        get_logger().warning("kafka", lane=self._lane, error=error.name(), detail=error.str())

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._resting:
            consumer.incremental_assign(partitions)
            consumer.pause(partitions)
        self._lag.begin(consumer, partitions)
        self._health.clear(f"{self._lane} lane")
        self._broker_is_back()
        get_logger().info("partitions assigned", lane=self._lane, partitions=_names(partitions))

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._delivery.commit_again(self._consumer, partitions)
        self._health.clear(self._obstacle)  # a batch that was to be taken anew may be another's by now
        # The client keeps a pause with a partition that goes, and would not consume it when it comes back.
        self._consumer.resume(partitions)
        self._lag.forget(partitions)
        get_logger().info("partitions revoked", lane=self._lane, partitions=_names(partitions))


def _identity(record: OutgoingRecord) -> tuple[str, str]:
    """Return what tells a record from others of its batch, also when the batch is taken anew."""
    return record.topic, event_id(record.of) if record.of is not None else repr(record.key)


def _names(partitions: Sequence[TopicPartition]) -> list[str]:
    return [f"{partition.topic}-{partition.partition}" for partition in partitions]
