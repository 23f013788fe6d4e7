"""Waiting for a broker: in the open, with a heartbeat, and not without end once the process is asked to stop."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from consumer.errors import BrokerError
from consumer.kafka.timeouts import call_with_timeout
from consumer.telemetry.health import Health

T = TypeVar("T")

RETRY_S = 1.0
STOP_PATIENCE_S = 15.0
"""How long a batch may still take once the process is asked to stop."""


class Patience:
    """How one lane waits. ``name`` is what `Health` knows it by; the clock and the sleep are a test's to replace."""

    def __init__(
        self,
        health: Health,
        name: str,
        stopping: Callable[[], bool],
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        self.health = health
        self.clock = clock
        self.sleep = sleep
        self._name = name
        self._stopping = stopping
        self._stop_by: float | None = None

    def wait(self, why: str, pause_s: float = RETRY_S) -> None:
        """Wait a little, while `Health` says why.

        Raises:
            BrokerError: the process was asked to stop, and the batch is not finished `STOP_PATIENCE_S` later.
        """
        self.health.set_unready(self._name, why)
        self.health.beat()
        if self._stopping():
            self._stop_by = self._stop_by or self.clock() + STOP_PATIENCE_S
            if self.clock() > self._stop_by:
                raise BrokerError(
                    f"stopped with a batch that could not be finished within {STOP_PATIENCE_S:.0f} s ({why}); "
                    "it is not committed and will be consumed again"
                )
        if pause_s:
            self.sleep(pause_s)

    def call(self, call: Callable[[], T], why: str, timeout_s: float) -> T:
        """Make a call of the client that may not return, waiting in the open.

        Raises:
            CallTimeoutError: it has not returned within ``timeout_s``.
            BrokerError: as for `wait`.
        """
        return call_with_timeout(call, lambda: self.wait(why, pause_s=0), timeout_s)

    def over(self) -> None:
        """Say that nothing is waited for any more."""
        self.health.clear(self._name)
