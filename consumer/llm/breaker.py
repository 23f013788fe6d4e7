"""The circuit breaker: after repeated failures nothing is asked for a while, then one call probes."""

from collections.abc import Callable
from time import monotonic
from typing import Literal

Circuit = Literal["closed", "open", "half-open"]


class CircuitBreaker:
    """Opens after ``failures`` in a row. Each probe that fails doubles the wait, up to ``max_wait_s``.

    Eight, because one template that spoils every answer it is in fails seven calls: 64 are halved until it is alone.

    Ask `wait_s` and `probing`, then `enter`; end with one of `succeeded`, `failed`, `left`. Not thread-safe.
    """

    def __init__(
        self,
        failures: int = 8,
        wait_s: float = 5.0,
        max_wait_s: float = 300.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._max_failures = failures
        self._first_wait_s = wait_s
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._failures = 0
        self._next_wait_s = wait_s
        self._open_until: float | None = None
        self.probing = False

    @property
    def circuit(self) -> Circuit:
        """``closed``: calls pass. ``open``: none does. ``half-open``: one may as a probe, or is under way."""
        if self._open_until is None:
            return "closed"
        return "half-open" if self.probing or self._clock() >= self._open_until else "open"

    def wait_s(self) -> float:
        """Return the seconds until a call may be made or a probe begun; 0 while a probe is under way."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def enter(self) -> bool:
        """Begin a call, and return whether it is a probe."""
        self.probing = self._open_until is not None
        return self.probing

    def succeeded(self) -> None:
        """End a call that was answered: the circuit closes."""
        self._failures = 0
        self._next_wait_s = self._first_wait_s
        self._open_until = None
        self.probing = False

    def failed(self, is_probe: bool) -> None:
        """End a call that failed. One that was under way when the circuit opened says nothing new."""
        self._failures += 1
        if is_probe or (self._open_until is None and self._failures >= self._max_failures):
            self._open_until = self._clock() + self._next_wait_s
            self._next_wait_s = min(self._next_wait_s * 2, self._max_wait_s)
        self.left(is_probe)

    def left(self, is_probe: bool) -> None:
        """End a call that was abandoned and proves nothing."""
        if is_probe:
            self.probing = False
