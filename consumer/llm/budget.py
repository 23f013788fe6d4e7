"""The budget: requests and tokens, by the minute and by the day."""

from collections import deque
from collections.abc import Callable
from time import monotonic

from consumer.llm.settings import BudgetSettings

_PARTS = 1_440  # of a window; what is spent within a part is one entry
MINUTE_S = 60.0
DAY_S = 86_400.0
MAX_HOLD_S = 3_600.0


class Spent:
    """What was spent in one part of a window: ``amount``, between the times ``since`` and ``at``."""

    __slots__ = ("amount", "at", "since")

    def __init__(self, at: float) -> None:
        self.since = at
        self.at = at
        self.amount = 0


class Window:
    """At most ``limit`` in any ``span_s`` seconds.

    A token bucket of the same limit would let twice as much pass in its first span, which a provider that
    counts by the minute answers with 429.
    """

    def __init__(self, limit: int, span_s: float) -> None:
        self.limit = limit
        self.used = 0
        self._span_s = span_s
        self._spent: deque[Spent] = deque()

    def wait_s(self, amount: int, now: float) -> float:
        """Return the seconds until an amount fits, 0 if it does; one above the limit fits an empty window."""
        self._forget(now)
        excess = self.used + min(amount, self.limit) - self.limit
        for spent in self._spent:
            if excess <= 0:
                break
            excess -= spent.amount
            if excess <= 0:
                return spent.at + self._span_s - now
        return 0.0

    def left(self, now: float) -> int:
        """Return what may still be spent, 0 if a call took more than estimated."""
        self._forget(now)
        return max(0, self.limit - self.used)

    def take(self, amount: int, now: float) -> Spent:
        """Spend an amount, and return the entry that holds it."""
        self._forget(now)
        if not self._spent or now - self._spent[-1].since >= self._span_s / _PARTS:
            self._spent.append(Spent(now))
        spent = self._spent[-1]
        spent.at = now
        self.correct(spent, amount)
        return spent

    def correct(self, spent: Spent, difference: int) -> None:
        """Change what an entry holds. One that has left the window no longer counts."""
        if spent in self._spent:
            spent.amount += difference
            self.used += difference

    def _forget(self, now: float) -> None:
        while self._spent and now - self._spent[0].at >= self._span_s:
            self.used -= self._spent.popleft().amount


class Reservation:
    """Tokens set aside for one call."""

    __slots__ = ("entries", "tokens")

    def __init__(self, tokens: int, entries: list[tuple[Window, Spent]]) -> None:
        self.tokens = tokens
        self.entries = entries


class Budget:
    """Reserve before a call, settle after it. Not thread-safe."""

    def __init__(self, settings: BudgetSettings, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._held_until = 0.0
        self._windows = {
            name: Window(limit, span_s)
            for name, limit, span_s in (
                ("requests_per_minute", settings.requests_per_minute, MINUTE_S),
                ("tokens_per_minute", settings.tokens_per_minute, MINUTE_S),
                ("requests_per_day", settings.requests_per_day, DAY_S),
                ("tokens_per_day", settings.tokens_per_day, DAY_S),
            )
            if limit is not None
        }
        self._requests = [window for name, window in self._windows.items() if name.startswith("requests")]
        self._tokens = [window for name, window in self._windows.items() if name.startswith("tokens")]

    def wait_s(self, tokens: int) -> float:
        """Return the seconds until a call of so many tokens fits, 0 if it does; hours if a day is spent."""
        now = self._clock()
        return max(
            self._held_until - now,
            *(window.wait_s(1, now) for window in self._requests),
            *(window.wait_s(tokens, now) for window in self._tokens),
            0.0,
        )

    def reserve(self, tokens: int) -> Reservation:
        """Set a request and an estimate of its tokens aside."""
        now = self._clock()
        for window in self._requests:
            window.take(1, now)
        return Reservation(tokens, [(window, window.take(tokens, now)) for window in self._tokens])

    def settle(self, reservation: Reservation, tokens: int) -> None:
        """Replace the estimate of a call by what it used."""
        for window, spent in reservation.entries:
            window.correct(spent, tokens - reservation.tokens)

    def left(self) -> dict[str, int]:
        """Return what is left of each limit that is set, by the name of its setting."""
        now = self._clock()
        return {name: window.left(now) for name, window in self._windows.items()}

    def hold(self, seconds: float) -> None:
        """Make no call for so many seconds, an hour at most, because the provider asked for it."""
        self._held_until = max(self._held_until, self._clock() + min(seconds, MAX_HOLD_S))
