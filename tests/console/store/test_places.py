"""Where reading begins: where the store has stopped, unless the topic has not got that any more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.store.places import Held, Place, start_of


@pytest.mark.parametrize(
    ("held", "stopped", "begins", "why", "lost"),
    [
        (("a", 0, 9), None, 0, "first", 0),
        (("a", 4, 9), None, 4, "first", 0),
        (("a", 0, 9), ("a", 5), 5, "on", 0),
        (("a", 0, 9), ("a", 9), 9, "on", 0),
        (("a", 7, 9), ("a", 5), 7, "deleted", 2),
        (("a", 9, 9), ("a", 5), 9, "deleted", 4),
        (("a", 0, 3), ("a", 5), 3, "shortened", 0),
        (("", 0, 3), ("a", 5), 0, "recreated", 0),
        (("b", 0, 9), ("a", 5), 0, "recreated", 0),
        (("b", 2, 9), ("a", 1), 2, "recreated", 0),
        (("", 0, 9), ("a", 5), 5, "on", 0),
        (("b", 0, 9), ("", 5), 5, "on", 0),
    ],
)
def test_where_reading_begins(
    held: tuple[str, int, int], stopped: tuple[str, int] | None, begins: int, why: str, lost: int
) -> None:
    topic_id, low, high = held
    place = Place("t", 1, *stopped) if stopped else None
    start = start_of(Held("t", 1, topic_id, low, high), place)
    assert (start.place.next, start.why, start.lost) == (begins, why, lost)
    assert start.place.topic_id == (topic_id or "a")


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 120))
def test_it_begins_within_what_is_held(low: int, more: int, stopped: int) -> None:
    start = start_of(Held("t", 0, "a", low, low + more), Place("t", 0, "a", stopped))
    assert low <= start.place.next <= low + more
    assert (start.place.next == stopped) == (low <= stopped <= low + more)
