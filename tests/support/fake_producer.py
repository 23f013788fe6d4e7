"""A broker that refuses records, and producers for it: what two publishers make of refusals, without waiting."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from tests.support.consumed import consumed

Published = tuple[str, bytes | None, int]
"""The topic, the value and the time of a record."""


class FakeBroker:
    """Holds what was published. It takes requests as a whole: one refused record has its neighbours refused too.

    ``request_bytes`` is the most that a request for a topic may have, ``latest_ms`` the latest time of a record.
    """

    def __init__(self, request_bytes: int, latest_ms: int = 2**62) -> None:
        self.request_bytes = request_bytes
        self.latest_ms = latest_ms
        self.visible: list[Published] = []
        self.offsets: dict[int, int] = {}
        self.fatal: list[int] = []
        """Codes of fatal errors that the next flushes raise, one each."""
        self.lost: list[bool] = []
        """Whether the group has moved on, at each of the next times that offsets are sent to a transaction."""

    def refuses(self, request: list[Published]) -> int | None:
        """Return the code by which a request is refused, if it is."""
        if sum(len(value or b"") for _, value, _ in request) > self.request_bytes:
            return KafkaError.MSG_SIZE_TOO_LARGE
        if any(time > self.latest_ms for _, _, time in request):
            return KafkaError.INVALID_TIMESTAMP
        return None


class FakeProducer:
    """A producer as the publishers use it. After a refusal in a transaction it throws away what it is given."""

    def __init__(self, broker: FakeBroker, on_error: Callable[[KafkaError, Message], None]) -> None:
        self._broker = broker
        self._on_error = on_error
        self._queued: list[Published] = []
        self._transaction: list[Published] | None = None
        self._offsets: dict[int, int] = {}
        self._spoiled = False

    def produce(self, topic: str, value: bytes | None, *more: Any) -> None:
        _key, _partition, _callback, _on_delivery, timestamp, _headers = more
        self._queued.append((topic, value, timestamp))

    def flush(self, timeout_s: float) -> int:
        if self._broker.fatal:
            raise KafkaException(KafkaError(self._broker.fatal.pop(0), "ended by the broker", True))
        queued, self._queued = self._queued, []
        for topic in dict.fromkeys(topic for topic, _, _ in queued):
            request = [each for each in queued if each[0] == topic]
            code = self._broker.refuses(request)
            if code is None and not self._spoiled:
                (self._broker.visible if self._transaction is None else self._transaction).extend(request)
                continue
            self._spoiled = self._transaction is not None
            error = KafkaError(code if code is not None else KafkaError._PURGE_QUEUE)
            for _, value, _ in request:
                self._on_error(error, consumed(value, topic=topic))
        return 0

    def purge(self, **_: Any) -> None:
        self._queued.clear()

    def init_transactions(self, _: float) -> None:
        self._transaction = None

    def begin_transaction(self) -> None:
        self._transaction, self._offsets = [], {}

    def send_offsets_to_transaction(self, positions: Any, *_: Any) -> None:
        if self._broker.lost and self._broker.lost.pop(0):
            raise KafkaException(
                KafkaError(KafkaError.ILLEGAL_GENERATION, "moved on", txn_requires_abort=True)
            )
        self._offsets = {each.partition: each.offset for each in positions}

    def commit_transaction(self, _: float) -> None:
        self._broker.visible += self._transaction or []
        self._broker.offsets |= self._offsets
        self._transaction = None

    def abort_transaction(self, _: float) -> None:
        self._transaction = None
