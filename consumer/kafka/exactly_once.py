"""Publishing exactly once: a batch and its offsets in one Kafka transaction, whatever ends the process or it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import time
from typing import NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.aborted import ENDED, LOST, AbortedError
from consumer.kafka.clients import BATCH_BYTES, make_producer
from consumer.kafka.errors import describe
from consumer.kafka.offsets import Offsets, offsets_behind
from consumer.kafka.patience import Patience
from consumer.kafka.publisher import BatchLostError
from consumer.kafka.refusals import REFUSALS, after_refusal, at_fault, middle_of
from consumer.kafka.sender import ProducerEndedError, Sender
from consumer.kafka.timeouts import CallTimeoutError
from consumer.log import get_logger
from consumer.records.outgoing import Row
from consumer.records.rows import Rows
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics

CALL_S = 2.0
LEAST_BATCH_BYTES = 4 << 10
COORDINATOR_PATIENCE_S = 10.0
"""How long the group's coordinator may take to answer to offsets, before the transaction is given up."""
FENCED_TIMES = 3
FENCED_WITHIN_S = 60.0
"""A producer that is fenced so often within so short a time has a twin with the same name."""


class ExactlyOncePublisher:
    """Publishes a batch and commits its offsets in one transaction. See `Publisher`.

    The transactional id is the same after a restart, so that what a dead predecessor left open is aborted at once. The
    broker checks our membership in the group when it takes the offsets (KIP-447), so that a process that was thought
    dead cannot commit. Rows do not change: a transaction aborted for a passing reason is made again.
    """

    def __init__(
        self,
        settings: Settings,
        patience: Patience,
        metrics: Metrics,
        lane: Lane,
        transactional_id: str,
        instead: Callable[[Row, KafkaError], list[Row]] | None = None,
        ends_if_fenced: bool = False,
    ) -> None:
        """Make a publisher. ``instead`` is what to publish in place of a refused row: a dead letter if not given.

        One that ``ends_if_fenced`` makes no transaction again that the broker has ended: without offsets nothing else
        tells it that another process goes on with its work.
        """
        self._ends_if_fenced = ends_if_fenced
        topic = settings.dead_letter_topic
        self._instead = instead or (lambda row, error: after_refusal(row, error, topic))
        self._patience = patience
        self._metrics = metrics
        self._lane = lane
        self._transactional_id = transactional_id
        self._most_batch_bytes: int | None = None
        self._sender = Sender(
            lambda on_error: make_producer(settings, on_error, transactional_id, self._most_batch_bytes),
            patience,
        )
        self._fenced_at: list[float] = []

    def open(self) -> None:
        """Take over the transactional id, from whoever had it.

        Raises:
            BrokerError: the broker does not let us.
        """
        try:
            self._until_done(lambda: self._sender.producer.init_transactions(CALL_S))
        except AbortedError as error:
            raise BrokerError(f"no transaction can be begun: {error}") from error
        self._patience.over()

    def publish(self, rows: Sequence[Row], offsets: Offsets | None) -> Sequence[Row]:
        """Publish every row and commit the offsets, if any, in one transaction if the broker takes it as it is.

        Rows that are refused only together cost further transactions: those of two halves, each with its offsets.
        """
        rows = Rows.of(rows)
        while (aborted := self._tried(rows, offsets)) is not None:
            culprits = at_fault(aborted.refusals, rows, int(time() * 1000))
            together = bool(aborted.refusals) and not culprits
            middle = middle_of(rows) if together else 0
            if together and not middle and self._most_batch_bytes == LEAST_BATCH_BYTES:
                culprits = list(aborted.refusals)  # all of one record's, each sent alone by now
            elif together:  # as a topic that takes little at once does: send less at once from now on
                self._most_batch_bytes = max((self._most_batch_bytes or BATCH_BYTES) // 2, LEAST_BATCH_BYTES)
            self._abort(aborted)
            if middle:
                return self._published_in_halves(rows, middle, offsets)
            if not aborted.refusals:
                self._patience.wait(f"the transaction is made again: {aborted}")
                continue
            instead = {each.place: self._instead(rows[each.place], each.error) for each in culprits}
            rows = Rows(each for place, row in enumerate(rows) for each in instead.get(place, [row]))
        self._patience.over()
        return rows

    def _tried(self, rows: Rows, offsets: Offsets | None) -> AbortedError | None:
        """Make the transaction once; return why it has to be aborted, None if it is committed."""
        try:
            self._transaction(rows, offsets)
        except AbortedError as aborted:
            return aborted
        return None

    def _published_in_halves(self, rows: Rows, middle: int, offsets: Offsets | None) -> Sequence[Row]:
        behind = offsets_behind([row.message for row in rows[:middle] if row.message is not None])
        first = self.publish(rows[:middle], offsets and offsets._replace(positions=behind))
        try:
            return [*first, *self.publish(rows[middle:], offsets)]
        except BatchLostError as lost:
            raise BatchLostError(str(lost), [*first, *lost.published], [*behind, *lost.committed]) from lost

    def owes_commit(self) -> bool:
        """Return False: what is published is committed with it."""
        return False

    def give_way(self) -> None:
        """Do nothing: a transaction ends by itself, committed or not."""

    def before_revoke(self, partitions: Sequence[TopicPartition], consumer: Consumer) -> None:
        """Do nothing: between two batches no transaction is open."""

    def _transaction(self, rows: Rows, offsets: Offsets | None) -> None:
        producer, stage = self._sender.producer, self._metrics.stage
        try:
            self._until_done(producer.begin_transaction)
            with stage(self._lane, "publish"):
                self._sender.send(rows)
            with stage(self._lane, "flush"):
                failed = self._sender.flush(gives_up_on_error=True)
            if failed:
                causes = [each for each in failed if each.error.code() != KafkaError._PURGE_QUEUE] or failed
                raise AbortedError(
                    causes[0].error, [each for each in causes if each.error.code() in REFUSALS]
                )
            with stage(self._lane, "commit"):
                if offsets is not None:
                    self._send_offsets(offsets)
                self._until_done(lambda: producer.commit_transaction(CALL_S))
        except ProducerEndedError as ended:
            self._raise_for(ended.error)

    def _send_offsets(self, offsets: Offsets) -> None:
        """Add offsets to the transaction.

        Raises:
            BatchLostError: the group has given the partitions to another member.
        """
        send, why = (
            self._sender.producer.send_offsets_to_transaction,
            "the group's coordinator takes no offsets",
        )

        def sent() -> None:
            send(offsets.positions, offsets.membership, CALL_S)

        try:
            self._until_done(lambda: self._patience.call(sent, why, COORDINATOR_PATIENCE_S))
        except CallTimeoutError as error:
            raise AbortedError(KafkaError(KafkaError._TIMED_OUT, why)) from error
        except AbortedError as aborted:
            if aborted.error.code() in LOST:
                self._abort(aborted)
                self._patience.over()
                raise BatchLostError(str(aborted)) from aborted
            raise

    def _abort(self, aborted: AbortedError) -> None:
        """Abort the transaction: nothing of it will be seen. The producer is replaced where it cannot go on.

        One that has had a record refused throws away what it is given next, and one that was fenced or waits for
        an answer without end is of no use.
        """
        get_logger().warning("transaction aborted; retrying the batch", lane=self._lane, reason=str(aborted))
        self._metrics.batches_aborted.labels(self._lane).inc()
        error = aborted.error
        if not (aborted.refusals or error.code() in (*ENDED, KafkaError._TIMED_OUT)):
            with suppress(AbortedError):  # the broker has ended it by itself
                self._until_done(lambda: self._sender.producer.abort_transaction(CALL_S))
                return
        self._sender.renew()
        self.open()

    def _until_done(self, call: Callable[[], None]) -> None:
        """Make a call again as long as its error is a passing one.

        Raises:
            AbortedError: the transaction has to be aborted.
            BrokerError: the client is done for.
        """
        while True:
            try:
                call()
            except KafkaException as exception:
                error: KafkaError = exception.args[0]
                if error.txn_requires_abort():
                    raise AbortedError(error) from exception
                if not error.retriable():
                    self._raise_for(error)
                self._patience.wait(f"the transaction waits: {error.str()}")
            else:
                return

    def _raise_for(self, error: KafkaError) -> NoReturn:
        """Raise for an error after which this producer is of no use.

        The broker answers alike when another process has our transactional id and when a transaction took too long, as
        it does where the broker was away. The second happens now and then, the first at every turn.
        """
        if error.code() not in ENDED:
            raise BrokerError(
                f"the transaction cannot go on: {describe(error)}; nothing of the batch is committed"
            )
        if self._ends_if_fenced:
            raise BrokerError(
                "the broker ended the transaction: another process does the same work, or this one did not reach the "
                f"broker for too long ({describe(error)}); the same command goes on behind what is published"
            )
        now = self._patience.clock()
        self._fenced_at = [at for at in self._fenced_at if now - at < FENCED_WITHIN_S] + [now]
        if len(self._fenced_at) == FENCED_TIMES:
            raise BrokerError(
                f"the broker ended the transactions of {self._transactional_id} {FENCED_TIMES} times within "
                f"{FENCED_WITHIN_S:.0f} s ({describe(error)}). If another process has this name, give each a "
                "LOGSLUICE_INSTANCE of its own"
            )
        raise AbortedError(error)
