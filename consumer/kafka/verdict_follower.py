"""Keeps the verdict memory of a process the same as the verdicts topic."""

import threading
from collections.abc import Callable

from confluent_kafka import KafkaException

from consumer.errors import RefusedError
from consumer.kafka.errors import describe
from consumer.kafka.reader import TopicReader
from consumer.log import get_logger
from consumer.records.verdict import VerdictKey, VerdictValue, read_verdict, remembered
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import Bundle
from pipeline.memory import VerdictMemory


class VerdictFollower:
    """Reads the verdicts topic into a memory: first all that is there, then, in a thread, what is added."""

    def __init__(self, settings: Settings, bundle: Bundle, memory: VerdictMemory, metrics: Metrics) -> None:
        self._reader = TopicReader(settings, settings.verdicts_topic)
        self._labels = frozenset(bundle.labels)
        self._memory = memory
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="verdicts", daemon=True)

    def catch_up(self, stopping: Callable[[], bool]) -> None:
        """Read all that is there, then follow the topic until `close`.

        Raises:
            BrokerError: the broker does not answer, or does not let us read.
        """
        self._reader.start()
        while not self._reader.at_end and not stopping():
            self._take(0.2)
        self._thread.start()

    def swap_bundle(self, bundle: Bundle) -> None:
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
                self._log_and_wait(describe(error.args[0]))
            except RefusedError as error:  # what is known stays in use, and a person may grant access again
                self._log_and_wait(str(error))

    def _log_and_wait(self, why: str) -> None:
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
        try:
            self._memory.put(key.template, key.source, remembered(key, value))
        except OverflowError as error:
            self._metrics.verdicts_ignored.labels("no_room").inc()
            get_logger().warning("a correction has no room in memory", detail=str(error))
