"""Is one bundle worse than another beyond noise?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.measures import Answers
from training.paired import Comparison, compared

LABELS = ("Error", "User Action", "Unclassified")


def answers(truth: list[int], label: list[int]) -> tuple[Answers, Answers]:
    said, sure = np.array(label), np.ones(len(label))
    one = Answers(np.array(truth), said, said, sure, sure.astype(bool))
    return one, one


def compare(truth: list[int], before: list[int], after: list[int]) -> Comparison:
    groups, weights = np.arange(len(truth)), np.ones(len(truth))
    return compared(("a@1", "b@2"), LABELS, groups, weights, answers(truth, before), answers(truth, after), 2)


@settings(max_examples=20)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=40))
def test_the_figures_are_those_of_the_rows_and_lie_in_their_intervals(
    rows: list[tuple[int, int, int]],
) -> None:
    truth, before, after = (list(column) for column in zip(*rows, strict=True))
    found = compare(truth, before, after)
    right = [np.mean(np.array(said) == np.array(truth)) for said in (before, after)]
    assert found.published.before == pytest.approx(right[0], abs=1e-6)
    assert found.published.change == pytest.approx(right[1] - right[0], abs=2e-6)
    assert found.published.lower <= found.published.upper
    assert [each.name for each in found.labels] == [LABELS[i] for i in sorted(set(truth))]
    back = compare(truth, after, before)
    assert back.published.lower == pytest.approx(-found.published.upper, abs=2e-6)
    if before == after:
        assert found.outcome == "same"
        assert {each.upper for each in (found.published, found.wrong, *found.labels)} == {0}


def test_a_bundle_is_worse_where_it_is_so_beyond_noise_alone() -> None:
    truth = [0] * 50 + [1] * 50
    much = compare(truth, truth, [1] * 25 + truth[25:])
    assert much.outcome == much.published.outcome == "worse"
    assert much.wrong.outcome == "worse"
    assert much.sentence.startswith("b@2 is worse than a@1 beyond noise: -0.250 [")
    assert much.sentence.endswith("of 100 templates published right, and worse at Error, User Action.")
    little = compare(truth, truth, [1, *truth[1:]])
    assert little.outcome == "same"
    assert little.sentence.startswith("b@2 is not worse than a@1 beyond noise: -0.010 [")
    assert compare(truth, [1] * 25 + truth[25:], truth).outcome == "better"


def test_one_label_that_is_worse_makes_the_bundle_worse() -> None:
    truth = [0] * 90 + [1] * 10
    before = [1] * 20 + [0] * 70 + [1] * 10
    after = [0] * 90 + [2] * 10
    found = compare(truth, before, after)
    assert found.published.change == pytest.approx(0.1)
    assert found.outcome == "worse"
    assert [each.outcome for each in found.labels] == ["better", "worse"]
    assert found.wrong.outcome == "better"


def test_rows_of_one_template_count_once_together() -> None:
    truth, said = [0, 0, 0, 1], [0, 1, 1, 1]
    groups, weights = np.array([0, 0, 0, 1]), np.array([1 / 3, 1 / 3, 1 / 3, 1.0])
    found = compared(("a", "b"), LABELS, groups, weights, answers(truth, truth), answers(truth, said), 2)
    assert found.published.support == 2
    assert found.published.after == pytest.approx(2 / 3, abs=1e-6)
    assert [each.support for each in found.labels] == [1, 1]
