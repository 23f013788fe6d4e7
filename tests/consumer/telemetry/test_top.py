from collections import Counter
from random import Random

import pytest

from consumer.telemetry.counts import count_verdicts
from consumer.telemetry.top import KEPT, WINDOW_MINUTES, TopTemplates
from pipeline.verdict import Verdict

ERROR = frozenset(("Error",))


class Clock:
    def __init__(self) -> None:
        self.now = 30.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def top(clock: Clock) -> TopTemplates:
    return TopTemplates(("Error", "Critical Error", "Unclassified"), clock)


def verdict(template: str, label: str = "Error") -> Verdict:
    return Verdict(label, 0.9, "embedding", template)


def counted(top: TopTemplates, labels: frozenset[str] = ERROR, limit: int = 1_000) -> dict[str, int]:
    return {each.template: each.count for each in top.most_frequent(labels, limit)[0]}


def test_verdicts_of_a_batch_are_counted_as_one_by_one() -> None:
    random = Random(3)
    kinds = [verdict(f"template {number}") for number in range(50)]
    verdicts = random.choices(kinds, weights=range(1, 51), k=2_000)
    sources = [f"source of {each.template}" for each in verdicts]
    found = count_verdicts(sources, verdicts)
    assert Counter({each.template: count for each, _, count in found}) == Counter(
        each.template for each in verdicts
    )
    assert all(source == f"source of {each.template}" for each, source, _ in found)
    assert count_verdicts([], []) == []


def test_templates_are_ranked_within_their_label(top: TopTemplates) -> None:
    top.count([(verdict("a"), "s", 2), (verdict("b"), "s", 3), (verdict("c", "Critical Error"), "t", 9)])
    top.count([(verdict("a"), "latest", 5)])
    [first, second], other = top.most_frequent(ERROR, 10)
    assert (first.label, first.count, first.source, first.template) == ("Error", 7, "latest", "a")
    assert (second.count, second.template) == (3, "b")
    assert other == 0
    assert top.most_frequent(ERROR, 1) == ([first], 3)


def test_every_label_has_its_own_limit(top: TopTemplates) -> None:
    top.count([(verdict(name), "s", 100) for name in "abc"] + [(verdict("rare", "Critical Error"), "s", 1)])
    found, other = top.most_frequent(top.labels, 2)
    assert [each.template for each in found] == ["a", "b", "rare"]
    assert other == 100


def test_what_is_older_than_the_window_is_forgotten(top: TopTemplates, clock: Clock) -> None:
    top.count([(verdict("early"), "s", 1)])
    clock.now += 60 * (WINDOW_MINUTES - 1)
    top.count([(verdict("late"), "s", 1)])
    assert counted(top) == {"early": 1, "late": 1}
    clock.now += 60
    assert counted(top) == {"late": 1}
    clock.now += 60 * WINDOW_MINUTES
    assert counted(top) == {}


def test_a_flood_of_templates_is_bounded_and_hides_no_frequent_one(top: TopTemplates) -> None:
    flood = 50 * KEPT
    for number in range(flood):
        top.count([(verdict(f"only once {number}"), "s", 1)])
        if number % 50 == 0:
            top.count([(verdict("frequent"), "s", 1)])
    found, other = top.most_frequent(ERROR, 10 * KEPT)
    assert found[0].template == "frequent"
    assert 0.9 * KEPT <= found[0].count <= KEPT
    assert len(found) <= 2 * KEPT
    assert sum(each.count for each in found) + other == flood + KEPT


def test_a_long_template_does_not_take_its_memory_along(top: TopTemplates) -> None:
    top.count([(verdict("x" * 16_000), "y" * 16_000, 1)])
    [only], _ = top.most_frequent(ERROR, 1)
    assert (only.template, only.source) == ("x" * 1_000, "y" * 200)
