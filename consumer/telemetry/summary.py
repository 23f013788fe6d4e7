"""What a person reads in the log of a service that works: that it is ready, and once a minute what it did."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from prometheus_client import Counter, Gauge

from consumer.log import get_logger
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics

EVERY_S = 60.0
_LOOK_EVERY_S = 1.0


class SummaryLog:
    """Logs when the process becomes ready, with what it reads, when it no longer is, and a line a minute.

    ``reads`` are the values that the line about readiness has besides the bundle: topics, group, lanes.
    """

    def __init__(
        self,
        metrics: Metrics,
        health: Health,
        reads: Mapping[str, Any],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._metrics = metrics
        self._health = health
        self._reads = reads
        self._clock = clock
        self._is_ready = False
        self._next = clock() + EVERY_S
        self._before = self._counts()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="summary", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own, until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop, with a last line where something came since the one before."""
        self._closed.set()
        self._thread.join()
        if self._counts() != self._before:
            self._log_counts()

    def look(self) -> None:
        """Log what is new by now; to be called about once a second."""
        obstacles = self._health.unready_reasons()
        if self._is_ready != (not obstacles):
            self._is_ready = not obstacles
            if self._is_ready:
                get_logger().info("ready", **self._reads, bundle=self._metrics.bundle_version())
            else:
                get_logger().warning("not ready", **{"reasons": obstacles})
        if self._clock() >= self._next:
            self._next += EVERY_S
            self._log_counts()

    def _run(self) -> None:
        while not self._closed.wait(_LOOK_EVERY_S):
            self.look()

    def _log_counts(self) -> None:
        now = self._counts()
        since = {name: count - self._before[name] for name, count in now.items()}
        self._before = now
        get_logger().info("events", **since, lag=_total(self._metrics.lag), ready=self._is_ready)

    def _counts(self) -> dict[str, int]:
        metrics = self._metrics
        return {
            "consumed": _total(metrics.consumed),
            "labelled": _total(metrics.labelled),
            "pending": _total(metrics.pending),
            "dead": _total(metrics.dead),
        }


def _total(metric: Counter | Gauge) -> int:
    """Return the sum of the series of a metric."""
    return int(sum(sample.value for family in metric.collect() for sample in family.samples))
