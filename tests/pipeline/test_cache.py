import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cache import BoundedCache, weight_of


def test_what_was_put_is_found_and_what_was_not_is_none() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    cache.put("a", 1)
    cache.put("a", 2)
    assert (cache["a"], cache["b"], len(cache)) == (2, None, 1)
    cache.clear()
    assert (cache["a"], len(cache)) == (None, 0)


@pytest.mark.parametrize("room", [1, 0, -5])
def test_a_cache_without_room_is_refused(room: int) -> None:
    with pytest.raises(ValueError, match="room for two"):
        BoundedCache(room)


@settings(deadline=None)
@given(st.integers(2, 9), st.lists(st.tuples(st.booleans(), st.integers(0, 12))))
def test_it_is_bounded_and_never_stale(room: int, steps: list[tuple[bool, int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(room)
    last: dict[int, int] = {}
    for time, (is_put, key) in enumerate(steps):
        if is_put:
            cache.put(key, time)
            last[key] = time
            assert cache[key] == time
        else:
            assert cache[key] in (None, last.get(key))
        assert len(cache) <= room


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    cache: BoundedCache[int, int] = BoundedCache(10)
    for key in range(100):
        cache.put(key, key)
        assert cache[0] == 0
    assert cache[1] is None
    assert cache[99] == 99


def test_replacing_a_value_forgets_no_other() -> None:
    cache: BoundedCache[int, int] = BoundedCache(8)
    for key in range(8):
        cache.put(key, key)
    for time in range(50):
        cache.put(7, time)
    assert [cache[key] for key in (4, 5, 6, 7)] == [4, 5, 6, 49]


def test_long_ones_count_for_several() -> None:
    cache: BoundedCache[str, int] = BoundedCache(100, lambda text, _: weight_of(text))
    for number in range(1_000):
        cache.put(f"{number} {'x' * 2_560}", number)
    assert 2 <= len(cache) <= 100 / 11
    assert cache[f"999 {'x' * 2_560}"] == 999
