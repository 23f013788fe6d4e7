"""A call that may not come back: its answer, its error, and giving it up."""

from threading import Event

import pytest

from consumer.kafka import timeouts as answer
from consumer.kafka.timeouts import NoAnswerError, answer_of


def never() -> None:
    raise AssertionError("nobody waits")


def test_an_answer_is_returned_and_an_error_raised() -> None:
    assert answer_of(lambda: 7, never) == 7
    with pytest.raises(ZeroDivisionError):
        answer_of(lambda: 1 // 0, never)


def test_whoever_waits_is_told_until_the_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "LOOK_EVERY_S", 0.01)
    told: list[int] = []
    end = Event()

    def tell() -> None:
        told.append(1)
        if len(told) == 3:
            end.set()

    assert answer_of(end.wait, tell)
    assert len(told) >= 3


def test_a_call_that_is_given_up_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "LOOK_EVERY_S", 0.01)
    end = Event()

    def give_up() -> None:
        raise TimeoutError("long enough")

    with pytest.raises(TimeoutError, match="long enough"):
        answer_of(end.wait, give_up)
    end.set()


def test_patience_ends_after_so_many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "LOOK_EVERY_S", 0.01)
    told: list[int] = []
    end = Event()
    with pytest.raises(NoAnswerError):
        answer_of(end.wait, lambda: told.append(1), patience_s=0.03)
    assert len(told) == 3
    end.set()
