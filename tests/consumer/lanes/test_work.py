"""A batch in slices: bounded by count and by bytes, whatever the records hold."""

from collections.abc import Sequence
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from consumer.lanes.work import SLICE_BYTES, SLICE_EVENTS, next_records, slices
from consumer.records.outgoing import Row
from consumer.records.reading import Item
from pipeline.event import Event
from tests.support.consumed import consumed

SIZES = st.lists(st.sampled_from([0, 10, 20_000, SLICE_BYTES, 5 * SLICE_BYTES]), max_size=80)


@given(SIZES)
def test_records_are_read_in_order_and_each_slice_is_small(sizes: list[int]) -> None:
    batch = [consumed(b"x" * size, offset=place) for place, size in enumerate(sizes)]
    start = 0
    while start < len(batch):
        part = next_records(batch, start)
        assert list(part) == batch[start : start + len(part)]
        # The last record may be large; what is before it is not.
        assert sum(len(each.value() or b"") for each in part[:-1]) < SLICE_BYTES
        start += len(part)
        assert part


def test_many_small_records_are_a_slice_of_so_many() -> None:
    batch = [consumed(b"x")] * (2 * SLICE_EVENTS + 1)
    assert len(next_records(batch, 0)) == SLICE_EVENTS
    assert len(next_records(batch, 2 * SLICE_EVENTS)) == 1


def items(sizes: Sequence[int]) -> list[Item | Row]:
    message = consumed(b"x")
    return [Item(Event("app", str(place)), message, b"x" * size) for place, size in enumerate(sizes)]


@given(SIZES)
def test_the_events_of_few_records_are_cut_by_count_and_bytes(sizes: list[int]) -> None:
    parts = items(sizes + [1] * (2 * SLICE_EVENTS))
    found = list(slices(parts, 1))
    assert list(chain(*found)) == parts
    for part in found:
        assert len(part) <= SLICE_EVENTS
        assert sum(len(each.value) for each in part[:-1] if isinstance(each, Item)) < SLICE_BYTES


def test_records_of_one_event_are_a_slice_already() -> None:
    parts = items([1] * 10)
    assert list(slices(parts, 10)) == [parts]
    assert list(slices([], 3)) == []
