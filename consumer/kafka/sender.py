"""A producer, the records that it was given, and what the broker said of them."""

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.errors import BrokerError
from consumer.kafka.clients import describe
from consumer.kafka.patience import Patience
from consumer.kafka.refusals import Refusal
from consumer.log import get_logger
from consumer.records.outgoing import OutgoingRecord, Row

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
        self._sent: list[OutgoingRecord] = []
        self._errors: dict[_Known, KafkaError] = {}
        self.producer: Producer = make(self._on_error)

    def renew(self) -> None:
        """Replace a producer that is done for, or that throws away what it is given."""
        self.producer.purge()
        self._sent.clear()
        self._errors.clear()
        self.producer = self._make(self._on_error)

    def send(self, rows: Sequence[Row]) -> None:
        """Queue the records of rows. Blocks while the client's queue is full."""
        produce: Callable[..., None] = self.producer.produce
        self._sent = [row.record for row in rows]
        for record in self._sent:
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
                self._send_slowly(record)

    def _send_slowly(self, record: OutgoingRecord) -> None:
        produce: Callable[..., None] = self.producer.produce
        full_since = self._patience.clock()
        while True:
            try:
                produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    headers=record.headers,
                    timestamp=record.timestamp_ms,
                )
            except BufferError:
                self.producer.poll(0.1)
                self._patience.health.beat()
                if self._patience.clock() - full_since > QUEUE_PATIENCE_S:
                    self._patience.wait("the queue to the broker is full", pause_s=0)
            except KafkaException as error:
                # More than the client itself takes, a partition that is not there, or a client that is done for.
                self._errors[_known(record)] = error.args[0]
                return
            else:
                return

    def flush(self, gives_up_on_error: bool = False) -> list[Refusal]:
        """Wait until the broker has answered to every record; return the places of those that were not taken.

        With ``gives_up_on_error`` the rest is dropped once one is not taken, as the client would hold it back.

        Raises:
            ProducerEndedError: the client will not publish anything again.
            BrokerError: an error cannot be traced to a record.
        """
        began = self._patience.clock()
        while self.producer.flush(0.1 if gives_up_on_error else 1.0) > 0:
            if gives_up_on_error and self._errors:
                self.producer.purge(in_flight=False)
            if self._patience.clock() - began > 1.0:
                self._patience.wait("the broker does not acknowledge what is published", pause_s=0)
        return self._take_failed()

    def _take_failed(self) -> list[Refusal]:
        sent, errors = self._sent, self._errors
        self._sent, self._errors = [], {}
        if not errors:
            return []
        first = next(iter(errors.values()))
        fatal = next((error for error in errors.values() if error.fatal()), None)
        if fatal is not None:
            raise ProducerEndedError(fatal)
        failed = [
            Refusal(place, errors[known])
            for place, record in enumerate(sent)
            if (known := _known(record)) in errors
        ]
        if not failed:
            raise BrokerError(f"a record was not published ({first.str()}); which one is not known")
        get_logger().warning("not published yet", records=len(failed), error=first.name())
        return failed

    def _on_error(self, error: KafkaError, message: Message) -> None:
        self._errors[message.topic(), message.key() or None, message.value() or None] = error


def _known(record: OutgoingRecord) -> _Known:
    return record.topic, record.key or None, record.value or None
