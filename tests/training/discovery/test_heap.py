"""Counting what is in a heap."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.event import Event
from pipeline.masking import mask
from pipeline.rules import Rule, RuleSet
from training.discovery.heap import Heap

RULES = RuleSet([Rule("full", "Error", r"disk \d{3}", ("disk 100",))], ["Error"])
WORDS = ("disk full", "login refused", "query 17 took 3 s", "disk 100")


def counted(heap: Heap, most: int) -> Counter[str]:
    kept = heap.kept(most).kinds
    return Counter({template: sum(count for _, count in kinds) for template, kinds in kept.items()})


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from("abc")), max_size=60), st.integers(1, 7))
def test_every_event_is_counted_under_its_template(drawn: list[tuple[str, str]], batch: int) -> None:
    events = [Event(source, message) for message, source in drawn]
    heap = Heap(RULES)
    for start in range(0, len(events), batch):
        heap.add(events[start : start + batch])
    kept = heap.kept(100)
    assert counted(heap, 100) == Counter(mask(event.message) for event in events)
    assert (kept.events, kept.left_out_events) == (len(events), 0)
    sources = Counter[str]()
    for kinds in kept.kinds.values():
        for event, count in kinds:
            sources[event.source] += count
    assert sources == Counter(event.source for event in events)


def test_what_a_rule_takes_of_a_template_is_counted_apart() -> None:
    heap = Heap(RULES)
    heap.add([Event("a", "disk 100"), Event("a", "disk 7"), Event("a", "disk 101")])
    [kinds] = heap.kept(10).kinds.values()
    assert sorted((event.message, count) for event, count in kinds) == [("disk 100", 2), ("disk 7", 1)]


def test_the_most_frequent_templates_are_kept_and_the_rest_is_accounted_for() -> None:
    heap = Heap(RULES)
    heap.add([Event("", "one"), *[Event("", "two")] * 2, *[Event("", "three")] * 3])
    kept = heap.kept(2)
    assert list(kept.kinds) == ["three", "two"]
    assert (kept.events, kept.templates, kept.left_out_events) == (6, 3, 1)


def test_memory_is_bounded_and_what_is_frequent_survives() -> None:
    heap = Heap(RULES, held=50)
    for number in range(500):
        heap.add([Event("", "seen all the time"), Event("", f"only once: {'x' * number}")])
        assert len(heap) <= 52
    kept = heap.kept(1)
    assert counted(heap, 1) == {"seen all the time": 500}
    assert kept.left_out_events == 500
    assert heap.forgotten > 400
