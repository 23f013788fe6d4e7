"""A batch and its offsets in one Kafka transaction, whatever ends the process or the transaction."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import BATCH_BYTES, describe, make_producer
from consumer.kafka.delivery import NO_COORDINATOR, REFUSALS, Delivery, Refused
from consumer.kafka.offsets import offsets_behind
from consumer.kafka.timeouts import NoAnswerError, answer_of
from consumer.log import get_logger
from consumer.records.outgoing import size_of
from consumer.settings import Settings
from consumer.telemetry.health import Health

# The broker has ended our transaction: it took too long, or somebody else has begun one under its id.
_ENDED = (
    KafkaError._FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.INVALID_TXN_STATE,
    KafkaError.INVALID_PRODUCER_ID_MAPPING,
)
COORDINATOR_PATIENCE_S = 10.0
"""How long the group's coordinator may take to answer to offsets, before they are given up."""


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
        obstacle: str = "publish",
    ) -> None:
        super().__init__(settings, health, stopping, transactional_id, obstacle)
        self._transactional_id = transactional_id
        self._most_batch_bytes: int | None = None
        self._is_stuck = False
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
                Refused(record, REFUSALS[error.code()])
                for record, error in failed
                if error.code() in REFUSALS
            ]
            causes = (error for _, error in failed if error.code() != KafkaError._PURGE_QUEUE)
            raise AbortedError(next(causes, failed[0][1]), refused)
        self._health.clear(self._obstacle)
        return []

    def commit(self, consumer: Consumer, batch: Sequence[Message]) -> None:
        """Commit the transaction with the offsets behind the batch.

        Raises:
            AbortedError: it has to be aborted.
            BrokerError: another process has our transactional id, or the client is done for.
        """
        group = consumer.consumer_group_metadata()
        self._until_done(lambda: self._send_offsets(offsets_behind(batch), group))
        self._until_done(lambda: self._producer.commit_transaction(5.0))

    def _send_offsets(self, positions: list[TopicPartition], group: object) -> None:
        try:
            answer_of(
                lambda: self._producer.send_offsets_to_transaction(positions, group, 5.0),
                lambda: self._wait(NO_COORDINATOR, pause_s=0),
                COORDINATOR_PATIENCE_S,
            )
        except NoAnswerError as error:
            self._is_stuck = True
            raise AbortedError(KafkaError(KafkaError._TIMED_OUT, NO_COORDINATOR)) from error
        self._health.clear(self._obstacle)

    def abort(self) -> None:
        """Abort the transaction: nothing of the batch will be seen."""
        self._sent.clear()
        try:
            if not self._is_stuck:
                self._until_done(lambda: self._producer.abort_transaction(5.0))
        except AbortedError:
            self._is_stuck = True
        if self._is_stuck:
            get_logger().warning("the transaction has ended without us; beginning anew")
            self._begin_anew()
        self._errors.clear()

    def _drain(self) -> None:
        began = monotonic()
        while self._producer.flush(0.1) > 0:
            if self._errors:
                # One is refused, and the transaction is to be aborted: the client would hold back the others until
                # it times out.
                self._producer.purge(in_flight=False)
            if monotonic() - began > 1.0:
                self._wait("the broker does not acknowledge what is published", pause_s=0)

    def refused_alone(self, suspects: Sequence[Refused]) -> list[Refused] | None:
        """Return those records that the broker refuses even alone, or None where it cannot be told for now.

        They are tried in transactions that are aborted, each by a new client: one that has had a record refused
        throws away what it is given next.
        """
        found: list[Refused] = []
        fits = False
        for suspect in sorted(suspects, key=lambda suspect: size_of(suspect.record), reverse=True):
            if fits and suspect.reason == "too_large":
                continue  # a larger one was taken
            self._health.beat()
            self._begin_anew()
            try:
                self.begin()
                self.send(suspect.record)
                self.flush()
                fits = True
            except AbortedError as error:
                if not error.refused:
                    self.abort()
                    return None
                found += error.refused
            self.abort()
        if found:
            self._begin_anew()
        return found

    def send_less_at_once(self) -> None:
        """Make the batches that the client sends smaller: one was refused of which the broker takes each record."""
        self._most_batch_bytes = max((self._most_batch_bytes or BATCH_BYTES) // 2, 1)
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
                    self._health.clear(self._obstacle)
                return

    def _begin_anew(self) -> None:
        """Replace a producer that is done for, which aborts what it left open."""
        self._is_stuck = False
        self._producer.purge()
        self._producer = make_producer(
            self._settings, self._on_error, self._transactional_id, self._most_batch_bytes
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
