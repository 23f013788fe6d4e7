"""A batch of records out: produced, flushed, and every one of them acknowledged or accounted for."""

from collections.abc import Callable
from time import monotonic

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.clients import describe, make_producer
from consumer.errors import BrokerError
from consumer.health import Health
from consumer.labelling import Headers
from consumer.settings import Settings

STOP_PATIENCE_S = 20.0
"""How long a flush goes on trying when the process has been told to stop."""


class Outgoing(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One record to publish.

    ``timestamp_ms`` 0 leaves the time to the broker, ``partition`` -1 the partition to the key. ``of`` is the consumed record whose outcome it is; None for what is published beside the outcomes.
    """

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int = -1
    of: Message | None = None


class Delivery:
    """Publishes a batch. `flush` blocks until the broker has answered for every record of it.

    A broker that is away makes `flush` wait, with ``health`` saying so: nothing is dropped, nothing piles up, since
    the lane takes no further batch meanwhile.
    """

    def __init__(self, settings: Settings, health: Health, stopping: Callable[[], bool]) -> None:
        self._health = health
        self._stopping = stopping
        self._sent: list[Outgoing] = []
        self._refused: set[tuple[str | None, bytes | None, bytes | None]] = set()
        self._failed: KafkaError | None = None
        self._producer: Producer = make_producer(settings, self._on_error)

    def send(self, record: Outgoing) -> None:
        """Queue a record. Blocks while the client's queue is full."""
        self._sent.append(record)
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
                self._producer.poll(0.1)
                self._wait_is_allowed()
            except KafkaException as error:
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:  # more than the client itself takes
                    self._refused.add((record.topic, record.key, record.value))
                    return
                raise BrokerError(f"a record cannot be published: {describe(error.args[0])}") from error
            else:
                return

    def flush(self) -> list[Outgoing]:
        """Wait for every answer; return the records that the broker refuses for their size.

        Raises:
            BrokerError: the broker refuses records for a reason that waiting does not mend, or the process is told
                to stop while the broker is away. Nothing of the batch may be committed then.
        """
        self._drain()
        # A delivery report has no headers, so what is refused is looked up in what was sent. Records that travelled
        # with one that is too large were refused along with it: each gets a try of its own.
        refused, self._refused = self._refused, set()
        suspects = (
            [each for each in self._sent if (each.topic, each.key, each.value) in refused] if refused else []
        )
        too_large = []
        for suspect in suspects:
            self.send(suspect)
            self._drain()
            if self._refused:
                too_large.append(suspect)
                self._refused.clear()
        self._sent.clear()
        return too_large

    def _drain(self) -> None:
        deadline: float | None = None
        while self._producer.flush(1.0) > 0 and self._failed is None:
            self._health.obstructed("publish", "the broker does not acknowledge what is published")
            self._health.beat()
            if self._stopping():
                deadline = deadline or monotonic() + STOP_PATIENCE_S
                if monotonic() > deadline:
                    raise BrokerError(
                        f"stopped with a batch that the broker did not acknowledge within {STOP_PATIENCE_S:.0f} s; "
                        "it is not committed and will be consumed again"
                    )
        if self._failed is not None:
            raise BrokerError(f"a record cannot be published: {describe(self._failed)}")
        self._health.clear("publish")

    def _wait_is_allowed(self) -> None:
        self._health.beat()
        if self._failed is not None:
            raise BrokerError(f"a record cannot be published: {describe(self._failed)}")

    def _on_error(self, error: KafkaError, message: Message) -> None:
        if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE):
            self._refused.add((message.topic(), message.key(), message.value()))
        else:
            self._failed = error
