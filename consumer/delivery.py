"""A batch of records out: produced, flushed, and every one of them acknowledged or accounted for."""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic, sleep
from typing import NamedTuple, NoReturn

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from consumer.clients import BATCH_BYTES, describe, make_producer
from consumer.commit import commit, offsets_behind
from consumer.decoding import Reason
from consumer.errors import BrokerError
from consumer.health import Health
from consumer.labelling import Headers
from consumer.log import get_logger
from consumer.settings import Settings

STOP_PATIENCE_S = 20.0
"""How long a flush goes on trying when the process has been told to stop."""
RETRY_S = 1.0

QUEUE_PATIENCE_S = 5.0
"""How long the client's queue may be full before that counts as an obstacle; for moments it is, in a large batch."""

# What the broker will not take however often it is sent.
_REFUSALS: dict[int, Reason] = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.INVALID_MSG_SIZE: "too_large",
    KafkaError.INVALID_RECORD: "refused",
    KafkaError.INVALID_TIMESTAMP: "refused",
}
# The broker has ended our transaction: it took too long, or somebody else has begun one under its id.
_ENDED = (
    KafkaError._FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.INVALID_TXN_STATE,
    KafkaError.INVALID_PRODUCER_ID_MAPPING,
)


class Outgoing(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One record to publish.

    ``timestamp_ms`` 0 leaves the time to the broker, ``partition`` -1 the partition to the key. ``of`` is the
    consumed record whose outcome it is; None for what is published beside the outcomes.
    """

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int = -1
    of: Message | None = None


_LEAST_BATCH_BYTES = 16 << 10


class Refused(NamedTuple):
    """A record that the broker refuses even alone, and why."""

    record: Outgoing
    reason: Reason


def _size(record: Outgoing) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.value or b"") + len(record.key or b"") + headers


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
    ) -> None:
        self._health = health
        self._stopping = stopping
        self._stop_by: float | None = None
        self._sent: list[Outgoing] = []
        self._not_taken: list[TopicPartition] = []
        # A delivery report has no headers: what it speaks of is looked up in what was sent.
        self._errors: dict[tuple[str | None, bytes | None, bytes | None], KafkaError] = {}
        self._producer: Producer = make_producer(settings, self._on_error, transactional_id)

    def open(self) -> None:
        """Get ready to publish, before anything is consumed."""

    def begin(self) -> None:
        """Begin a batch."""

    def send(self, record: Outgoing) -> None:
        """Queue a record. Blocks while the client's queue is full."""
        self._sent.append(record)
        self._produce(record)

    def send_all(self, records: Iterable[Outgoing]) -> None:
        """Queue records, without the cost of a call of ours for each."""
        produce, remember = self._producer.produce, self._sent.append
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
            again = [(record, error) for record, error in failed if error.code() not in _REFUSALS]
            suspects = [record for record, error in failed if error.code() in _REFUSALS]
            together: list[Outgoing] = []
            # Records that travelled with one that is refused are refused along with it: the largest get a try alone.
            for place, record in enumerate(sorted(suspects, key=_size, reverse=True)):
                self._health.beat()
                self._produce(record)
                self._drain()
                alone = self._take_failed([record])
                if not alone and tries == 1:
                    together = sorted(suspects, key=_size, reverse=True)[place + 1 :]
                    break
                if alone and alone[0][1].code() in _REFUSALS:
                    refused.append(Refused(record, _REFUSALS[alone[0][1].code()]))
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
        self._health.clear("publish")
        return refused

    def commit(self, consumer: Consumer, batch: Sequence[Message]) -> None:
        """Commit the offsets behind a batch, all of which is published."""
        self._not_taken = commit(consumer, offsets_behind(batch))

    def commit_again(self, consumer: Consumer) -> None:
        """Commit what the broker did not take of the last commit: in the middle of a rebalance it takes none."""
        if self._not_taken:
            commit(consumer, self._not_taken)
            self._not_taken = []

    def _produce(self, record: Outgoing) -> None:
        full_since = None
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    headers=record.headers,
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
        self._health.obstructed("publish", why)
        self._health.beat()
        if self._stopping():
            self._stop_by = self._stop_by or monotonic() + STOP_PATIENCE_S
            if monotonic() > self._stop_by:
                raise BrokerError(
                    f"stopped with a batch that could not be published within {STOP_PATIENCE_S:.0f} s ({why}); "
                    "it is not committed and will be consumed again"
                )
        sleep(pause_s)

    def _take_failed(self, records: Sequence[Outgoing]) -> list[tuple[Outgoing, KafkaError]]:
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


class AbortedError(Exception):
    """The transaction of a batch cannot be committed. The batch is to be aborted and taken anew.

    ``refused`` holds the records that the broker did not take for what they are, or for what their neighbours are.
    """

    def __init__(self, error: KafkaError, refused: Sequence[Refused] = ()) -> None:
        super().__init__(error.str())
        self.error = error
        self.refused = refused


class ExactlyOnceDelivery(Delivery):
    """Publishes a batch and commits its offsets in one Kafka transaction.

    The transactional id is the same after a restart, so that what a dead predecessor left open is aborted at
    once; and the broker checks our membership in the group when it takes the offsets (KIP-447), so that a
    process that was thought dead cannot commit what another has taken over.

    The broker refuses a producer alike when another process has its transactional id and when its transaction took
    too long, as it does where the broker was away. ``taken_over`` tells which; in the second case we begin anew.
    """

    def __init__(
        self,
        settings: Settings,
        health: Health,
        stopping: Callable[[], bool],
        transactional_id: str,
        taken_over: Callable[[], bool],
    ) -> None:
        super().__init__(settings, health, stopping, transactional_id)
        self._transactional_id = transactional_id
        self._batch_bytes = BATCH_BYTES
        self._taken_over = taken_over
        self._settings = settings

    def open(self) -> None:
        """Take over the transactional id, from whoever had it.

        Raises:
            BrokerError: the broker does not let us.
        """
        try:
            self._until_done(lambda: self._producer.init_transactions(5.0))
        except AbortedError as error:
            raise BrokerError(f"no transaction can be begun: {error}") from error

    def begin(self) -> None:
        """Begin a transaction."""
        self._until_done(self._producer.begin_transaction)

    def flush(self) -> list[Refused]:
        """Wait for every answer. Returns nothing: a record that the broker refuses spoils the transaction.

        Raises:
            AbortedError: some record was not taken.
        """
        self._drain()
        failed = self._take_failed(self._sent)
        self._sent.clear()
        if failed:
            refused = [
                Refused(record, _REFUSALS[error.code()])
                for record, error in failed
                if error.code() in _REFUSALS
            ]
            causes = (error for _, error in failed if error.code() != KafkaError._PURGE_QUEUE)
            raise AbortedError(next(causes, failed[0][1]), refused)
        self._health.clear("publish")
        return []

    def commit(self, consumer: Consumer, batch: Sequence[Message]) -> None:
        """Commit the transaction with the offsets behind the batch.

        Raises:
            AbortedError: it has to be aborted.
            BrokerError: another process has our transactional id, or the client is done for.
        """
        group = consumer.consumer_group_metadata()
        self._until_done(
            lambda: self._producer.send_offsets_to_transaction(offsets_behind(batch), group, 5.0)
        )
        self._until_done(lambda: self._producer.commit_transaction(5.0))

    def abort(self) -> None:
        """Abort the transaction: nothing of the batch will be seen."""
        self._sent.clear()
        try:
            self._until_done(lambda: self._producer.abort_transaction(5.0))
        except AbortedError:
            get_logger().warning("the broker has ended the transaction; beginning anew")
            self._begin_anew()
        self._errors.clear()

    def _drain(self) -> None:
        began = monotonic()
        while self._producer.flush(0.1) > 0:
            if self._errors:
                # One is refused, and the transaction is to be aborted: the client would hold back the others until
                # it times out.
                self._producer.purge(in_flight=False)
            elif monotonic() - began > 1.0:
                self._wait("the broker does not acknowledge what is published", pause_s=0)

    def refused_alone(self, suspects: Sequence[Refused]) -> list[Refused]:
        """Return those records that the broker refuses even alone. Tried in transactions that are aborted."""
        found: list[Refused] = []
        fits = False
        for suspect in sorted(suspects, key=lambda suspect: _size(suspect.record), reverse=True):
            if fits and suspect.reason == "too_large":
                continue  # a larger one was taken
            self._health.beat()
            self.begin()
            self.send(suspect.record)
            try:
                self.flush()
                fits = True
            except AbortedError as error:
                found += error.refused
            self.abort()
        return found

    def send_less_at_once(self) -> None:
        """Make the batches that the client sends smaller: one was refused of which the broker takes each record."""
        self._batch_bytes = max(self._batch_bytes // 2, _LEAST_BATCH_BYTES)
        self._begin_anew()

    def _until_done(self, call: Callable[[], None]) -> None:
        """Make a call that may be made again as long as its error is a passing one."""
        waited = False
        while True:
            try:
                call()
            except KafkaException as exception:
                error: KafkaError = exception.args[0]
                if error.txn_requires_abort():
                    raise AbortedError(error) from exception
                if not error.retriable():
                    self._give_up(error)
                self._wait(f"the transaction waits: {error.str()}")
                waited = True
            else:
                if waited:
                    self._health.clear("publish")
                return

    def _begin_anew(self) -> None:
        """Replace a producer that is done for, which aborts what it left open."""
        self._producer.purge()
        self._producer = make_producer(
            self._settings, self._on_error, self._transactional_id, self._batch_bytes
        )
        self.open()

    def _give_up(self, error: KafkaError) -> NoReturn:
        if error.code() in _ENDED:
            if not self._taken_over():
                raise AbortedError(error)
            raise BrokerError(
                f"another process has taken over the transactional id {self._transactional_id}; this one ends. If both "
                "shall run, give each a LOGSLUICE_INSTANCE of its own"
            )
        raise BrokerError(
            f"the transaction cannot go on: {describe(error)}; nothing of the batch is committed"
        )
