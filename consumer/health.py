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
        self._last_beat = clock()

    def obstructed(self, what: str, why: str) -> None:
        """Say why the process is not ready."""
        with self._lock:
            self._obstacles[what] = why

    def clear(self, what: str) -> None:
        """Say that something no longer stands in the way."""
        with self._lock:
            self._obstacles.pop(what, None)

    def beat(self) -> None:
        """Say that the loop has come round, or waits for something that it knows of."""
        self._last_beat = self._clock()

    def obstacles(self) -> dict[str, str]:
        """Return what stands in the way; empty when the process is ready."""
        with self._lock:
            return dict(self._obstacles)

    @property
    def alive(self) -> bool:
        """Whether the loop has come round lately."""
        return self._clock() - self._last_beat < STALLED_AFTER_S
