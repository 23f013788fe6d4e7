"""A producer, the records that it was given, and what the broker said of them."""

from collections.abc import Callable
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.errors import BrokerError
from consumer.kafka.errors import describe
from consumer.kafka.patience import Patience
from consumer.kafka.refusals import Refusal
from consumer.log import get_logger
from consumer.records.rows import Rows

QUEUE_PATIENCE_S = 5.0
"""How long the client's queue may be full before that counts as waiting; in a large batch it is full for moments."""
OnDeliveryError = Callable[[KafkaError, Message], None]
# A delivery report has no headers and no opaque value: a record is known by these three of its parts.
_Known = tuple[str | None, bytes | None, bytes | None]


class ProducerEndedError(BrokerError):
    """A producer whose error is fatal: it will not publish anything again."""

    def __init__(self, error: KafkaError) -> None:
        super().__init__(f"nothing can be published any more: {describe(error)}")
        self.error = error


class Sender:
    """Sends rows. Not thread-safe; a lane has its own."""

    def __init__(self, make: Callable[[OnDeliveryError], Producer], patience: Patience) -> None:
        self._make = make
        self._patience = patience
        self._sent = Rows()
        self._errors: dict[_Known, KafkaError] = {}
        self.producer: Producer = make(self._on_error)

    def renew(self) -> None:
        """Replace a producer that is done for, or that throws away what it is given."""
        self.producer.purge()
        self._sent = Rows()
        self._errors.clear()
        self.producer = self._make(self._on_error)

    def send(self, rows: Rows) -> None:
        """Queue the records of rows, but for those that are withheld. Blocks while the client's queue is full.

        Raises:
            ProducerEndedError: the client will not publish anything again.
        """
        self._sent = rows
        produce: Callable[..., None] = self.producer.produce
        for topic, value, key, partition, headers, timestamp_ms, withheld in zip(
            rows.topics,
            rows.values,
            rows.keys,
            rows.partitions,
            rows.headers,
            rows.timestamps_ms,
            rows.withheld,
            strict=True,
        ):
            if withheld:
                continue  # its outcome is counted, and its offset committed, with those of the others
            # The one thing that is done for each event, so it calls nothing of ours; by place, since names cost a
            # dictionary for each call. The two None are for callbacks of its own.
            try:
                produce(topic, value, key, partition, None, None, timestamp_ms, headers)
            except BufferError:
                again = partial(produce, topic, value, key, partition, None, None, timestamp_ms, headers)
                self._wait_for_room(again, (topic, key or None, value or None))
            except KafkaException as error:
                # More than the client itself takes, a partition that is not there, or a client that is done for.
                self._errors[topic, key or None, value or None] = error.args[0]

    def _wait_for_room(self, produce: Callable[[], None], known: _Known) -> None:
        full_since = self._patience.clock()
        while True:
            self._serve(lambda: self.producer.poll(0.1))
            self._patience.health.beat()
            if self._patience.clock() - full_since > QUEUE_PATIENCE_S:
                self._patience.wait("the queue to the broker is full", pause_s=0)
            try:
                return produce()
            except BufferError:
                continue
            except KafkaException as error:
                self._errors[known] = error.args[0]
                return None

    def flush(self, gives_up_on_error: bool = False) -> list[Refusal]:
        """Wait until the broker has answered to every record; return the places of those that were not taken.

        With ``gives_up_on_error`` the rest is dropped once one is not taken, as the client would hold it back.

        Raises:
            ProducerEndedError: the client will not publish anything again.
            BrokerError: an error cannot be traced to a record.
        """
        began = self._patience.clock()
        step_s = 0.1 if gives_up_on_error else 1.0
        while self._serve(lambda: self.producer.flush(step_s)) > 0:
            if gives_up_on_error and self._errors:
                self.producer.purge(in_flight=False)
            if self._patience.clock() - began > 1.0:
                self._patience.wait("the broker does not acknowledge what is published", pause_s=0)
        return self._take_failed()

    @staticmethod
    def _serve(call: Callable[[], int]) -> int:
        """Let the client call back. After a fatal error it raises that instead, by whichever call comes next."""
        try:
            return call()
        except KafkaException as exception:
            raise ProducerEndedError(exception.args[0]) from exception
        except SystemError as error:
            cause = error.__cause__
            if not isinstance(cause, KafkaException):
                raise
            raise ProducerEndedError(cause.args[0]) from error

    def _take_failed(self) -> list[Refusal]:
        sent, errors = self._sent, self._errors
        self._sent, self._errors = Rows(), {}
        if not errors:
            return []
        first = next(iter(errors.values()))
        fatal = next(
            (each for each in errors.values() if each.fatal() or each.code() == KafkaError._FATAL), None
        )
        if fatal is not None:
            raise ProducerEndedError(fatal)
        failed = [
            Refusal(place, errors[known])
            for place, (topic, key, value, withheld) in enumerate(
                zip(sent.topics, sent.keys, sent.values, sent.withheld, strict=True)
            )
            if not withheld and (known := (topic, key or None, value or None)) in errors
        ]
        if not failed:
            raise BrokerError(f"a record was not published ({first.str()}); which one is not known")
        get_logger().warning("not published yet", records=len(failed), error=first.name())
        return failed

    def _on_error(self, error: KafkaError, message: Message) -> None:
        self._errors[message.topic(), message.key() or None, message.value() or None] = error
