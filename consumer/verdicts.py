"""The verdicts topic: what is known of a template, as a compacted record, and the memory that follows it.

Who said it is part of the key. Compaction keeps the last record of a key, and a model that has not heard of a
person's verdict yet must not overwrite it.
"""

import hashlib
import threading
from collections.abc import Callable
from time import time

import msgspec
from confluent_kafka import KafkaException, Message

from consumer.clients import describe
from consumer.delivery import Outgoing
from consumer.errors import RefusedError
from consumer.log import get_logger
from consumer.metrics import Metrics
from consumer.reader import TopicReader
from consumer.settings import Settings
from pipeline.bundle import Bundle
from pipeline.memory import By, Remembered, VerdictMemory


class VerdictKey(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of what a record speaks. ``taxonomy`` stands for the labels that there were to choose from."""

    taxonomy: str
    source: str
    template: str
    by: By


class VerdictValue(msgspec.Struct, frozen=True, gc=False):
    """What a record says.

    ``rank`` orders who said it: 1 a model, 2 a person. ``author`` names the model or the user.
    """

    label: str
    confidence: float
    by: By
    rank: int
    at_ms: int
    author: str = ""


_key = msgspec.json.Decoder(VerdictKey)
_value = msgspec.json.Decoder(VerdictValue)


def verdict_record(topic: str, key: VerdictKey, value: VerdictValue | None) -> Outgoing:
    """Return the record of a verdict, or without a value the tombstone that forgets it."""
    return Outgoing(
        topic, msgspec.json.encode(value) if value is not None else None, msgspec.json.encode(key), [], 0
    )


def model_verdict(
    topic: str, taxonomy: str, template: str, source: str, verdict: Remembered, model: str
) -> Outgoing:
    """Return the record of what a model said."""
    key = VerdictKey(taxonomy, source, template, "model")
    return verdict_record(
        topic, key, VerdictValue(verdict.label, verdict.confidence, "model", 1, verdict.at_ms, model)
    )


def taxonomy_of(bundle: Bundle) -> str:
    """Return a short name of a bundle's labels, the same for every bundle that has these."""
    return hashlib.sha256("\0".join(sorted(bundle.labels)).encode()).hexdigest()[:12]


def now_ms() -> int:
    """Return the time, in ms since the epoch."""
    return int(time() * 1000)


def read_verdict(message: Message) -> tuple[VerdictKey | None, VerdictValue | None, bool]:
    """Return (key, value, is a tombstone) of a record; a key or value that cannot be read is None."""
    raw = message.value()
    return _read_key(message.key()), None if raw is None else _read_value(raw), raw is None


def _read_key(raw: bytes | None) -> VerdictKey | None:
    try:
        return _key.decode(raw or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _read_value(raw: bytes) -> VerdictValue | None:
    try:
        return _value.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


class VerdictFollower:
    """Keeps a memory as the verdicts topic has it: first all that is there, then, in a thread, what comes."""

    def __init__(self, settings: Settings, bundle: Bundle, memory: VerdictMemory, metrics: Metrics) -> None:
        self._reader = TopicReader(settings, settings.verdicts_topic)
        self._labels = frozenset(bundle.labels)
        self._memory = memory
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="verdicts", daemon=True)

    def catch_up(self, stopping: Callable[[], bool]) -> None:
        """Read all that is there, then follow what comes until `close`.

        Raises:
            BrokerError: the broker does not answer, or does not let us read.
        """
        self._reader.start()
        while not self._reader.at_end and not stopping():
            self._take(0.2)
        self._thread.start()

    def use(self, bundle: Bundle) -> None:
        """Count by the labels of another bundle from now on."""
        self._labels = frozenset(bundle.labels)

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._reader.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._take(0.2)
            except KafkaException as error:  # the client keeps trying by itself
                self._not_now(describe(error.args[0]))
            except RefusedError as error:  # what is known stays in use, and a person may grant access again
                self._not_now(str(error))

    def _not_now(self, why: str) -> None:
        get_logger().warning("verdicts cannot be read for now", detail=why)
        self._stop.wait(1.0)

    def _take(self, timeout_s: float) -> None:
        for key, value, is_tombstone in map(read_verdict, self._reader.read(timeout_s)):
            if key is None or (value is None and not is_tombstone):
                self._metrics.verdicts_ignored.labels("unreadable").inc()
            elif value is None:
                self._memory.forget(key.template, key.source, key.by)
            else:
                if value.label not in self._labels:
                    # Kept all the same: a bundle that is swapped in may have the label.
                    self._metrics.verdicts_ignored.labels("unknown_label").inc()
                self._remember(key, value)

    def _remember(self, key: VerdictKey, value: VerdictValue) -> None:
        verdict = Remembered(value.label, value.confidence, key.by, value.at_ms)
        try:
            self._memory.put(key.template, key.source, verdict)
        except OverflowError as error:
            self._metrics.verdicts_ignored.labels("no_room").inc()
            get_logger().warning("a correction has no room in memory", detail=str(error))
