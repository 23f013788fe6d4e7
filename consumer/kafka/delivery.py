"""A batch of records out: produced, flushed, and every one of them acknowledged or accounted for."""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from time import monotonic, sleep
from typing import NamedTuple, NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import describe, make_producer
from consumer.kafka.offsets import NoCoordinatorError, commit, offsets_behind
from consumer.kafka.timeouts import LOOK_EVERY_S, NoAnswerError, answer_of
from consumer.log import get_logger
from consumer.records.decoding import Reason
from consumer.records.outgoing import OutgoingRecord, size_of
from consumer.settings import Settings
from consumer.telemetry.health import Health

STOP_PATIENCE_S = 20.0
"""How long a flush goes on trying when the process has been told to stop."""
RETRY_S = 1.0

COMMIT_TRIES = 5
COMMIT_RETRY_S = 0.2

NO_COORDINATOR = "the group's coordinator does not take offsets"

QUEUE_PATIENCE_S = 5.0
"""How long the client's queue may be full before that counts as an obstacle; for moments it is, in a large batch."""

# What the broker will not take however often it is sent.
REFUSALS: dict[int, Reason] = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.INVALID_MSG_SIZE: "too_large",
    KafkaError.INVALID_RECORD: "refused",
    KafkaError.INVALID_TIMESTAMP: "refused",
}


class Refused(NamedTuple):
    """A record that the broker refuses even alone, and why."""

    record: OutgoingRecord
    reason: Reason


class Delivery:
    """Publishes a batch, at least once. `flush` blocks until the broker has taken or refused every record of it.

    A broker or a topic that is away makes `flush` wait, with ``health`` saying so: nothing is dropped, nothing
    piles up, since the lane takes no further batch meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        health: Health,
        stopping: Callable[[], bool],
        transactional_id: str | None = None,
        obstacle: str = "publish",
    ) -> None:
        """Make a client. ``obstacle`` is the name under which ``health`` hears why it waits."""
        self._health = health
        self._obstacle = obstacle
        self._stopping = stopping
        self._stop_by: float | None = None
        self._sent: list[OutgoingRecord] = []
        self._uncommitted: dict[tuple[str, int], TopicPartition] = {}
        """What is published and was not taken when it was committed: in the middle of a rebalance nothing is."""
        # A delivery report has no headers: what it speaks of is looked up in what was sent.
        self._errors: dict[tuple[str | None, bytes | None, bytes | None], KafkaError] = {}
        self._producer: Producer = make_producer(settings, self._on_error, transactional_id)

    def open(self) -> None:
        """Get ready to publish, before anything is consumed."""

    def begin(self) -> None:
        """Begin a batch."""

    def send(self, record: OutgoingRecord) -> None:
        """Queue a record. Blocks while the client's queue is full."""
        self._sent.append(record)
        self._produce(record)

    def send_all(self, records: Iterable[OutgoingRecord]) -> None:
        """Queue records, without the cost of a call of ours for each."""
        produce: Callable[..., None] = self._producer.produce
        remember = self._sent.append
        for record in records:
            remember(record)
            try:
                produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    headers=record.headers,
                    timestamp=record.timestamp_ms,
                )
            except (BufferError, KafkaException):
                self._produce(record)

    def flush(self) -> list[Refused]:
        """Wait for every answer; return the records that the broker refuses for what they are.

        Raises:
            BrokerError: the broker will not take anything from us again, or the process is told to stop while
                records cannot be published. Nothing of the batch may be committed then.
        """
        self._drain()
        failed = self._take_failed(self._sent)
        refused: list[Refused] = []
        tries = 0
        while failed:
            tries += 1
            again = [(record, error) for record, error in failed if error.code() not in REFUSALS]
            suspects = [record for record, error in failed if error.code() in REFUSALS]
            suspects.sort(key=size_of, reverse=True)
            together: list[OutgoingRecord] = []
            # Records that travelled with one that is refused are refused along with it: the largest get a try alone.
            for place, record in enumerate(suspects):
                self._health.beat()
                self._produce(record)
                self._drain()
                alone = self._take_failed([record])
                if not alone and tries == 1:
                    together = suspects[place + 1 :]
                    break
                if alone and alone[0][1].code() in REFUSALS:
                    refused.append(Refused(record, REFUSALS[alone[0][1].code()]))
                else:
                    again += alone
            if again:
                self._wait(f"{again[0][0].topic}: {describe(again[0][1])}")
            together += [record for record, _ in again]
            for record in together:
                self._produce(record)
            self._drain()
            failed = self._take_failed(together)
        self._sent.clear()
        self._health.clear(self._obstacle)
        return refused

    def commit(self, consumer: Consumer, batch: Sequence[Message]) -> None:
        """Commit the offsets behind a batch, all of which is published, and those that the broker did not take before.

        Raises:
            BrokerError: the broker will never take them, or the process is told to stop while it takes none.
        """
        for position in offsets_behind(batch):
            self._uncommitted[position.topic, position.partition] = position
        tries = 0
        while True:
            try:
                self._commit(consumer, lambda: self._wait(NO_COORDINATOR, pause_s=0))
            except NoCoordinatorError as error:
                self._wait(f"{NO_COORDINATOR}: {error}")
                continue
            tries += 1
            if not self._uncommitted or tries == COMMIT_TRIES:
                self._health.clear(self._obstacle)
                return
            sleep(COMMIT_RETRY_S)  # a new generation of the group is not known to the client yet, most likely

    def commit_again(self, consumer: Consumer, revoked: Sequence[TopicPartition]) -> None:
        """Commit what the broker did not take yet of partitions that go, before it is too late.

        In the middle of a rebalance it takes none; that is over in moments, where the group has not been left. Never
        raises: it runs within a call of the client, which does not bear that.
        """
        for _ in range(COMMIT_TRIES):
            if not self._uncommitted:
                return
            try:
                self._commit(consumer, self._health.beat, LOOK_EVERY_S)
            except (NoAnswerError, NoCoordinatorError, BrokerError) as error:
                get_logger().warning("offsets not committed before their partitions go", detail=str(error))
                break
            if self._uncommitted:
                sleep(COMMIT_RETRY_S)
        for gone in revoked:
            self._uncommitted.pop((gone.topic, gone.partition), None)

    def _commit(self, consumer: Consumer, while_waiting: Callable[[], None], patience_s: float = inf) -> None:
        positions = list(self._uncommitted.values())
        left = answer_of(lambda: commit(consumer, positions), while_waiting, patience_s)
        self._uncommitted = {(each.topic, each.partition): each for each in left}

    def _produce(self, record: OutgoingRecord) -> None:
        full_since = None
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    headers=[*record.headers],
                    timestamp=record.timestamp_ms,
                )
            except BufferError:
                full_since = full_since or monotonic()
                self._producer.poll(0.1)
                self._health.beat()
                if monotonic() - full_since > QUEUE_PATIENCE_S:
                    self._wait("the queue to the broker is full", pause_s=0)
            except KafkaException as error:
                # More than the client itself takes, a partition that is not there, or a client that is done for.
                self._errors[record.topic, record.key or None, record.value or None] = error.args[0]
                return
            else:
                return

    def _drain(self) -> None:
        while self._producer.flush(1.0) > 0:
            self._wait("the broker does not acknowledge what is published", pause_s=0)

    def _wait(self, why: str, pause_s: float = RETRY_S) -> None:
        self._health.obstructed(self._obstacle, why)
        self._health.beat()
        if self._stopping():
            self._stop_by = self._stop_by or monotonic() + STOP_PATIENCE_S
            if monotonic() > self._stop_by:
                raise BrokerError(
                    f"stopped with a batch that could not be finished within {STOP_PATIENCE_S:.0f} s ({why}); "
                    "it is not committed and will be consumed again"
                )
        sleep(pause_s)

    def _take_failed(self, records: Sequence[OutgoingRecord]) -> list[tuple[OutgoingRecord, KafkaError]]:
        """Return those of the records that failed, with the error, and forget that they did."""
        if not self._errors:
            return []
        errors, self._errors = self._errors, {}
        fatal = next((error for error in errors.values() if error.fatal()), None)
        if fatal is not None:
            self._give_up(fatal)
        keyed = (((each.topic, each.key or None, each.value or None), each) for each in records)
        failed = [(each, errors[key]) for key, each in keyed if key in errors]
        if not failed:
            raise BrokerError(
                f"a record was not published ({next(iter(errors.values())).str()}); which one is not known"
            )
        get_logger().warning(
            "not published yet", records=len(failed), error=next(iter(errors.values())).name()
        )
        return failed

    def _give_up(self, error: KafkaError) -> NoReturn:
        raise BrokerError(f"nothing can be published any more: {describe(error)}")

    def _on_error(self, error: KafkaError, message: Message) -> None:
        self._errors[message.topic(), message.key() or None, message.value() or None] = error
