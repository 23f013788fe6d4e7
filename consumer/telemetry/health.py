"""Whether the process lives, and whether it is ready for work; what /livez and /readyz answer."""

import threading
from collections.abc import Callable
from time import monotonic

STALLED_AFTER_S = 300.0
"""A loop that has reported nothing for so long counts as hung; no batch may take longer."""


class Health:
    """Why the process is not ready, and what is degraded, by part. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._unready: dict[str, str] = {}
        self._degraded: dict[str, str] = {}
        self._last_beats = {threading.get_ident(): clock()}
        self._here = threading.local()

    def set_unready(self, part: str, reason: str) -> None:
        """Record why the process is not ready, until `clear`."""
        with self._lock:
            self._unready[part] = reason

    def set_degraded(self, part: str, reason: str) -> bool:
        """Record what is wrong with a part that the rest works without; return whether that is news."""
        with self._lock:
            is_news = self._degraded.get(part) != reason
            self._degraded[part] = reason
            return is_news

    def clear(self, part: str) -> None:
        """Record that a part is ready, and that nothing is wrong with it."""
        with self._lock:
            self._unready.pop(part, None)
            self._degraded.pop(part, None)

    def beat(self) -> None:
        """Record that the loop of this thread is working, or waits for something that it knows of."""
        loop = getattr(self._here, "beats_for", threading.get_ident())
        with self._lock:
            self._last_beats[loop] = self._clock()

    def beat_for_this_thread(self) -> Callable[[], None]:
        """Return what another thread calls so that its beats are this one's, whose loop waits for what it does."""
        loop = threading.get_ident()

        def stand_in() -> None:
            self._here.beats_for = loop

        return stand_in

    def unready_reasons(self) -> dict[str, str]:
        """Return why the process is not ready, by part; empty when it is ready."""
        with self._lock:
            return dict(self._unready)

    def degraded_reasons(self) -> dict[str, str]:
        """Return what is wrong with parts that the rest works without."""
        with self._lock:
            return dict(self._degraded)

    @property
    def alive(self) -> bool:
        """Whether the loop of every thread has reported within `STALLED_AFTER_S`."""
        with self._lock:
            return self._clock() - min(self._last_beats.values()) < STALLED_AFTER_S
