"""A call that may not return: its answer, its error, and giving it up."""

from threading import Event

import pytest

from consumer.kafka import timeouts
from consumer.kafka.timeouts import CallTimeoutError, call_with_timeout


def never() -> None:
    raise AssertionError("nobody waits")


def test_an_answer_is_returned_and_an_error_raised() -> None:
    assert call_with_timeout(lambda: 7, never) == 7
    with pytest.raises(ZeroDivisionError):
        call_with_timeout(lambda: 1 // 0, never)


def test_the_waiting_function_is_called_until_the_call_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "LOOK_EVERY_S", 0.01)
    looks: list[int] = []
    end = Event()

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            end.set()

    assert call_with_timeout(end.wait, look)
    assert len(looks) >= 3


def test_a_call_that_is_given_up_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "LOOK_EVERY_S", 0.01)
    end = Event()

    def give_up() -> None:
        raise TimeoutError("long enough")

    with pytest.raises(TimeoutError, match="long enough"):
        call_with_timeout(end.wait, give_up)
    end.set()


def test_a_call_times_out_after_so_many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "LOOK_EVERY_S", 0.01)
    looks: list[int] = []
    end = Event()
    with pytest.raises(CallTimeoutError):
        call_with_timeout(end.wait, lambda: looks.append(1), timeout_s=0.03)
    assert len(looks) == 3
    end.set()
