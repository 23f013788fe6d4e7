import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.llm.budget import DAY_S, MAX_HOLD_S, Budget, Window
from consumer.llm.settings import BudgetSettings


class Clock:
    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now


def budget(clock: Clock, **limits: int) -> Budget:
    return Budget(
        BudgetSettings(**{"requests_per_minute": 1_000, "tokens_per_minute": 1_000_000, **limits}), clock
    )


def test_requests_of_a_minute() -> None:
    clock = Clock()
    spending = budget(clock, requests_per_minute=3)
    for _ in range(3):
        assert spending.wait_s(1) == 0
        spending.reserve(1)
        clock.now += 10
    assert spending.wait_s(1) == 30  # until the first is a minute old
    clock.now += 30
    assert spending.wait_s(1) == 0
    spending.reserve(1)
    assert spending.wait_s(1) == 10


def test_tokens_of_a_minute_and_settling() -> None:
    clock = Clock()
    spending = budget(clock, tokens_per_minute=1_000)
    first = spending.reserve(600)
    assert spending.wait_s(400) == 0
    assert spending.wait_s(401) == 60
    assert spending.left() == {"requests_per_minute": 999, "tokens_per_minute": 400}
    spending.settle(first, 100)
    assert spending.wait_s(900) == 0
    spending.settle(spending.reserve(100), 950)  # more than was thought
    assert spending.wait_s(1) == 60
    assert spending.left()["tokens_per_minute"] == 0


def test_settling_after_the_minute_changes_nothing() -> None:
    clock = Clock()
    spending = budget(clock, tokens_per_minute=1_000)
    reservation = spending.reserve(600)
    clock.now += 61
    spending.reserve(600)
    spending.settle(reservation, 100_000)
    assert spending.wait_s(400) == 0
    assert spending.wait_s(401) == 60


def test_a_call_above_the_limit_waits_for_an_empty_minute_not_for_ever() -> None:
    clock = Clock()
    spending = budget(clock, tokens_per_minute=1_000)
    assert spending.wait_s(5_000) == 0
    spending.reserve(10)
    assert spending.wait_s(5_000) == 60


@pytest.mark.parametrize("limits", [{"requests_per_day": 2}, {"tokens_per_day": 1_000}])
def test_a_day_that_is_spent_takes_hours(limits: dict[str, int]) -> None:
    clock = Clock()
    spending = budget(clock, **limits)
    spending.reserve(500)
    spending.reserve(500)
    clock.now += 3_600
    assert spending.wait_s(500) == DAY_S - 3_600
    clock.now += DAY_S - 3_600
    assert spending.wait_s(500) == 0


def test_a_hold_lasts_an_hour_at_most() -> None:
    clock = Clock()
    spending = budget(clock)
    spending.hold(20)
    spending.hold(5)
    assert spending.wait_s(1) == 20
    spending.hold(float("inf"))
    assert spending.wait_s(1) == MAX_HOLD_S


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.lists(st.tuples(st.floats(0, 40), st.integers(1, 60)), max_size=60),
    st.integers(1, 50),
    st.sampled_from([60.0, DAY_S]),
)
def test_no_window_of_time_ever_holds_more_than_the_limit(
    steps: list[tuple[float, int]], limit: int, span_s: float
) -> None:
    window = Window(limit, span_s)
    now = 0.0
    taken: list[tuple[float, int]] = []
    for gap, amount in steps:
        now += gap * span_s / 60
        amount = min(amount, limit)
        wait_s = window.wait_s(amount, now)
        now += wait_s + (1e-6 if wait_s else 0)
        assert window.wait_s(amount, now) == 0  # the wait that was named is enough
        window.take(amount, now)
        taken.append((now, amount))
        assert sum(one for at, one in taken if now - at < span_s) <= limit


def test_what_is_kept_together_leaves_the_window_with_its_last() -> None:
    window = Window(10, DAY_S)
    window.take(5, 0.0)
    window.take(5, 30.0)
    assert window.wait_s(1, DAY_S) == 30
    assert window.wait_s(1, DAY_S + 30) == 0


def test_a_day_is_kept_in_bounded_memory() -> None:
    window = Window(10**9, DAY_S)
    for second in range(0, int(DAY_S), 10):
        window.take(1, float(second))
    assert window.used == DAY_S / 10
    assert len(window._spent) <= 1_441
