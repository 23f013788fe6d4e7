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


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One record to publish. ``timestamp_ms`` 0 leaves the time to the broker."""

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int


class Delivery:
    """Publishes a batch. `flush` blocks until the broker has answered for every record of it.

    A broker that is away makes `flush` wait, with ``health`` saying so: nothing is dropped, nothing piles up, since
    the lane takes no further batch meanwhile.
    """

    def __init__(self, settings: Settings, health: Health, stopping: Callable[[], bool]) -> None:
        self._health = health
        self._stopping = stopping
        self._refused: list[Message] = []
        self._failed: KafkaError | None = None
        self._producer: Producer = make_producer(settings, self._on_error)

    def send(self, record: Outgoing) -> None:
        """Queue a record. Blocks while the client's queue is full."""
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=record.headers,
                    timestamp=record.timestamp_ms,
                )
            except BufferError:
                self._producer.poll(0.1)
                self._wait_is_allowed()
            except KafkaException as error:
                raise BrokerError(f"a record cannot be published: {describe(error.args[0])}") from error
            else:
                return

    def flush(self) -> list[Message]:
        """Wait for every answer; return the records that the broker refuses for their size.

        Raises:
            BrokerError: the broker refuses records for a reason that waiting does not mend, or the process is told
                to stop while the broker is away. Nothing of the batch may be committed then.
        """
        self._drain()
        # Records that travelled with one that is too large were refused along with it: each gets a try of its own.
        suspects, self._refused = self._refused, []
        for suspect in suspects:
            self.send(
                Outgoing(
                    suspect.topic() or "",
                    suspect.value(),
                    suspect.key(),
                    suspect.headers() or [],
                    suspect.timestamp()[1],
                )
            )
            self._drain()
        refused, self._refused = self._refused, []
        return refused

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
            self._refused.append(message)
        else:
            self._failed = error
