"""Whether the process lives, and whether it is ready for work; what /livez and /readyz answer."""

import threading
from collections.abc import Callable
from time import monotonic

STALLED_AFTER_S = 300.0
"""A loop that has not come round for so long is taken for dead; no batch may take longer."""


class Health:
    """What stands between the process and being ready, by what it concerns. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._obstacles: dict[str, str] = {}
        self._troubles: dict[str, str] = {}
        self._last_beats = {threading.get_ident(): clock()}

    def obstructed(self, what: str, why: str) -> None:
        """Say why the process is not ready."""
        with self._lock:
            self._obstacles[what] = why

    def degraded(self, what: str, why: str) -> bool:
        """Say what is wrong with a part that the rest works without; return whether that is news."""
        with self._lock:
            is_news = self._troubles.get(what) != why
            self._troubles[what] = why
            return is_news

    def clear(self, what: str) -> None:
        """Say that something no longer stands in the way, or is no longer wrong."""
        with self._lock:
            self._obstacles.pop(what, None)
            self._troubles.pop(what, None)

    def beat(self) -> None:
        """Say that the loop of this thread has come round, or waits for something that it knows of."""
        with self._lock:
            self._last_beats[threading.get_ident()] = self._clock()

    def obstacles(self) -> dict[str, str]:
        """Return what stands in the way; empty when the process is ready."""
        with self._lock:
            return dict(self._obstacles)

    def troubles(self) -> dict[str, str]:
        """Return what is wrong with parts that the rest works without."""
        with self._lock:
            return dict(self._troubles)

    @property
    def alive(self) -> bool:
        """Whether the loop of every thread has come round lately."""
        with self._lock:
            return self._clock() - min(self._last_beats.values()) < STALLED_AFTER_S
