"""Labelled events that are older than their topic keeps: published with their own time, they are soon deleted."""

from collections.abc import Callable
from time import monotonic

import numpy as np
import numpy.typing as npt

from consumer.kafka.topics import topic_config
from consumer.log import get_logger
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics

WARN_EVERY_S = 60.0


def output_retention_ms(settings: Settings) -> int | None:
    """Return how long the output topic keeps a record by the record's own time, in ms; None for ever or not known."""
    config = topic_config(settings, settings.output_topic)
    if config is None or config.get("message.timestamp.type") == "LogAppendTime":
        return None
    if "delete" not in config.get("cleanup.policy", "delete"):
        return None
    retention_ms = int(config.get("retention.ms") or -1)
    return retention_ms if retention_ms >= 0 else None


class RetentionWatch:
    """Counts such events, and says so once a minute at the most. Used by one thread."""

    def __init__(
        self,
        retention_ms: Callable[[], int | None],
        metrics: Metrics,
        lane: Lane,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take how to find out what the topic keeps; it is asked once, when `open` is called."""
        self._find_out = retention_ms
        self._retention_ms: int | None = None
        self._expired = metrics.events_expired.labels(lane)
        self._clock = clock
        self._warned_at: float | None = None

    def open(self) -> None:
        """Ask the broker what the topic keeps. Blocks until it answers."""
        self._retention_ms = self._find_out()

    def note(self, ages_s: npt.NDArray[np.float64]) -> None:
        """Take note of the ages of events that were published, in seconds."""
        if self._retention_ms is None:
            return
        expired = int((ages_s > self._retention_ms / 1000).sum())
        if not expired:
            return
        self._expired.inc(expired)
        if self._warned_at is None or self._clock() - self._warned_at >= WARN_EVERY_S:
            self._warned_at = self._clock()
            get_logger().warning(
                "labelled events are older than their topic keeps and are deleted soon: raise its retention.ms, or set "
                "its message.timestamp.type to LogAppendTime",
                events=expired,
                retention_ms=self._retention_ms,
            )
