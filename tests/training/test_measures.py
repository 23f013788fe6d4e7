from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from training.measures import (
    Answers,
    Figures,
    Flags,
    Floats,
    Indices,
    calibration_error,
    coverage_at,
    coverage_curve,
    figures,
    reliability,
    thinned,
)

LABELS = ("Error", "Unclassified", "User Action")

confidences = st.integers(0, 10_000).map(lambda digits: digits / 10_000)
weighted = st.integers(1, 9).map(float)
row = st.tuples(st.integers(0, 2), st.integers(0, 2), confidences, weighted)
Rows = list[tuple[int, int, float, float]]
rows = st.lists(row, min_size=1, max_size=40)


def columns(rows: Rows) -> tuple[Indices, Indices, Floats, Floats]:
    truth, guess, confidence, weights = zip(*rows, strict=True)
    return np.array(truth), np.array(guess), np.array(confidence, dtype=float), np.array(weights)


def of_model(rows: Rows) -> tuple[Answers, Floats]:
    truth, guess, confidence, weights = columns(rows)
    return Answers(truth, guess, guess, confidence, np.ones(len(rows), dtype=bool)), weights


def judged(rows: Rows) -> Figures:
    answers, weights = of_model(rows)
    return figures(answers, LABELS, weights)


def test_five_answers_counted_by_hand() -> None:
    found = judged(
        [(0, 0, 0.95, 1.0), (0, 0, 0.85, 1.0), (0, 2, 0.75, 1.0), (2, 2, 0.65, 1.0), (2, 2, 0.25, 1.0)]
    )
    assert found.accuracy == 0.8
    error, unclassified, action = found.labels
    assert [error.precision, error.recall, error.f1] == pytest.approx([1, 2 / 3, 0.8])
    assert [action.precision, action.recall, action.f1] == pytest.approx([2 / 3, 1, 0.8])
    assert (unclassified.precision, unclassified.recall, unclassified.f1) == (None, None, None)
    assert (error.support, error.answered, action.answered) == (3, 2, 3)
    assert found.macro_f1 == found.macro_f1_all == pytest.approx(0.8)
    assert found.confusion == ((2, 0, 1), (0, 0, 0), (0, 0, 2))
    # The two surest are right, the third is wrong: 2 of 2, 2 of 3, 3 of 4, 4 of 5.
    assert found.coverage_at_95 == found.coverage_at_90 == 0.4
    assert [point.precision for point in found.curve] == [1, 1, pytest.approx(2 / 3), 0.75, 0.8]
    # Each bin holds one answer: (0.05 + 0.15 + 0.75 + 0.35 + 0.75) / 5.
    assert found.calibration_error == pytest.approx(0.41)


def test_a_label_given_in_error_weighs_on_the_mean_over_all_labels_only() -> None:
    found = judged([(0, 0, 0.9, 1.0), (0, 1, 0.8, 1.0)])
    assert found.macro_f1 == pytest.approx(2 / 3)
    assert found.macro_f1_all == pytest.approx(1 / 3)


def test_what_no_tier_stands_by_is_published_as_unclassified_and_judged_by_its_guess() -> None:
    answers = Answers(
        truth=np.array([0, 2, 2]),
        label=np.array([0, 1, 1]),
        guess=np.array([0, 2, 0]),
        confidence=np.array([0.9, 0.4, 0.3]),
        stands=np.array([True, False, False]),
    )
    found = figures(answers, LABELS, np.ones(3))
    assert found.accuracy == pytest.approx(1 / 3)
    assert [found.answered, found.precision] == pytest.approx([1 / 3, 1])
    assert found.coverage_at_95 == pytest.approx(2 / 3)


def test_nothing_answered_has_no_precision() -> None:
    answers = Answers(np.array([0]), np.array([1]), np.array([0]), np.array([0.2]), np.array([False]))
    found = figures(answers, LABELS, np.ones(1))
    assert (found.answered, found.precision) == (0.0, None)


def test_answers_of_one_confidence_are_answered_together() -> None:
    curve = coverage_curve(np.array([0.9, 0.9]), np.array([True, False]), np.ones(2))
    assert [(point.threshold, point.coverage, point.precision) for point in curve] == [(0.9, 1.0, 0.5)]
    assert coverage_at(curve, 0.9) == 0.0


def test_coverage_counts_up_to_the_last_threshold_that_is_precise_enough() -> None:
    right = np.array([False] + [True] * 19)
    curve = coverage_curve(np.linspace(0.99, 0.5, 20), right, np.ones(20))
    assert coverage_at(curve, 0.95) == 1.0


@given(rows)
def test_the_figures_are_those_of_scikit_learn(rows: Rows) -> None:
    truth, guess, _, weights = columns(rows)
    found = judged(rows)
    assert found.accuracy == pytest.approx(accuracy_score(truth, guess, sample_weight=weights))
    for labels, figure in ((set(truth), found.macro_f1), (set(truth) | set(guess), found.macro_f1_all)):
        expected = f1_score(truth, guess, labels=sorted(labels), average="macro", sample_weight=weights)
        assert figure == pytest.approx(expected)
    expected = confusion_matrix(truth, guess, labels=[0, 1, 2], sample_weight=weights)
    np.testing.assert_allclose(found.confusion, expected)


@given(rows)
def test_a_weight_counts_as_so_many_rows(rows: Rows) -> None:
    repeated = [(t, g, c, 1.0) for t, g, c, weight in rows for _ in range(int(weight))]
    once, often = judged(rows), judged(repeated)
    assert once.weight == often.weight
    for name in ("accuracy", "macro_f1", "macro_f1_all", "coverage_at_90", "coverage_at_95"):
        assert getattr(once, name) == pytest.approx(getattr(often, name), abs=1e-9), name
    assert once.calibration_error == pytest.approx(often.calibration_error, abs=1e-9)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: Rows, random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert judged(shuffled) == judged(rows)


@given(rows, st.floats(0, 1))
def test_what_can_be_covered_is_as_precise_as_was_asked(rows: Rows, precision: float) -> None:
    (truth, guess, confidence, weights) = columns(rows)
    right = truth == guess
    curve = coverage_curve(confidence, right, weights)
    found = coverage_at(curve, precision)
    held: list[tuple[Floats, Flags]] = [
        (weights[confidence >= t], right[confidence >= t]) for t in confidence
    ]
    possible = [w.sum() / weights.sum() for w, r in held if (w @ r) / w.sum() >= precision - 1e-9]
    assert found == pytest.approx(max(possible, default=0.0))


@given(rows)
def test_precision_and_coverage_of_everything_end_the_curve(rows: Rows) -> None:
    found = judged(rows)
    assert found.curve[-1].coverage == pytest.approx(1)
    assert found.curve[-1].precision == pytest.approx(found.accuracy)
    thresholds = [point.threshold for point in found.curve]
    assert thresholds == sorted(set(thresholds), reverse=True)


@given(rows)
def test_bins_hold_every_answer_and_its_confidence(rows: Rows) -> None:
    truth, guess, confidence, weights = columns(rows)
    bins = reliability(confidence, truth == guess, weights)
    assert sum(each.share for each in bins) == pytest.approx(1)
    assert sum(each.share * each.confidence for each in bins) == pytest.approx(
        np.average(confidence, weights=weights)
    )
    for each in bins:
        assert each.lower - 1e-9 <= each.confidence <= each.upper + 1e-9
    assert 0 <= calibration_error(bins) <= 1


def test_who_is_as_right_as_sure_is_calibrated() -> None:
    confidence = np.repeat([0.25, 0.75], 4)
    right = np.array([True, False, False, False, True, True, True, False])
    assert calibration_error(reliability(confidence, right, np.ones(8))) == 0.0


@given(rows, st.integers(2, 8))
def test_a_thinned_curve_keeps_its_ends(rows: Rows, most: int) -> None:
    curve = judged(rows).curve
    kept = thinned(curve, most)
    assert len(kept) == min(most, len(curve))
    assert (kept[0], kept[-1]) == (curve[0], curve[-1])
    assert set(kept) <= set(curve)
