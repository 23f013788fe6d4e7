"""A batch in slices: bounded by count, by bytes and by time."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from consumer.lanes.work import BATCH_S, SLICE_BYTES, SLICE_EVENTS, slices
from tests.support.consumed import consumed

SIZES = st.lists(st.sampled_from([0, 10, 20_000, SLICE_BYTES, 5 * SLICE_BYTES]), max_size=80)


@given(SIZES)
def test_slices_are_the_batch_in_order_and_each_is_small(sizes: list[int]) -> None:
    batch = [consumed(b"x" * size, offset=place) for place, size in enumerate(sizes)]
    found = list(slices(batch, lambda: None, lambda: 0.0))
    assert list(chain(*found)) == batch
    for part in found:
        # The last record may be large; what is before it is not.
        assert sum(len(each.value() or b"") for each in part[:-1]) < SLICE_BYTES


def test_many_small_records_are_a_slice_of_so_many() -> None:
    batch = [consumed(b"x")] * (2 * SLICE_EVENTS + 1)
    assert [len(part) for part in slices(batch, lambda: None, lambda: 0.0)] == [SLICE_EVENTS, SLICE_EVENTS, 1]


def test_the_rest_is_left_when_the_time_is_over_and_each_slice_beats() -> None:
    now, beats = [0.0], [0]

    def beat() -> None:
        beats[0] += 1

    batch = [consumed(b"x" * SLICE_BYTES)] * 10
    taken = 0
    for part in slices(batch, beat, lambda: now[0]):
        taken += len(part)
        now[0] += BATCH_S / 3
    assert taken == beats[0] == 3


def test_one_slice_is_taken_however_long_it_takes() -> None:
    now = [0.0]
    for _ in slices([consumed(b"x")], lambda: None, lambda: now[0]):
        now[0] += 10 * BATCH_S
    assert now[0] == 10 * BATCH_S
