"""Logistic regressions are those of scikit-learn, to which the base installation does without."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from training.folds import split
from training.lbfgs import Floats, minimum
from training.logistic import Indices, fit_logistic
from training.sparse import Sparse

random = np.random.default_rng(5)
INPUTS = random.normal(size=(120, 30)) * (random.random((120, 30)) < 0.3)
TRUTH: Indices = (INPUTS[:, :4] + random.normal(0, 0.5, (120, 4))).argmax(axis=1)
WEIGHTS = random.integers(1, 5, 120).astype(float)


def sparse(matrix: Floats) -> Sparse:
    rows, columns = matrix.nonzero()
    return Sparse(matrix[rows, columns], rows, columns, (len(matrix), matrix.shape[1]))


@pytest.mark.parametrize("form", ["sparse", "dense"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["each once", "weighted"])
@pytest.mark.parametrize("freedom", [0.1, 3.0])
def test_the_minimum_is_that_of_scikit_learn(form: str, weights: Floats | None, freedom: float) -> None:
    model = LogisticRegression(C=freedom, tol=1e-9, max_iter=5000).fit(INPUTS, TRUTH, weights)
    inputs = sparse(INPUTS) if form == "sparse" else INPUTS.astype(np.float32)
    found = fit_logistic(inputs, TRUTH, 4, freedom, weights, tolerance=1e-7)
    np.testing.assert_allclose(found.weights, model.coef_.T, atol=1e-3)
    probabilities = [found.probabilities(row) for row in INPUTS]
    np.testing.assert_allclose(probabilities, model.predict_proba(INPUTS), atol=1e-3)


def test_a_weight_counts_as_so_many_rows() -> None:
    times = WEIGHTS.astype(int)
    weighted = fit_logistic(sparse(INPUTS), TRUTH, 4, 1.0, WEIGHTS, tolerance=1e-7)
    repeated = fit_logistic(sparse(INPUTS.repeat(times, axis=0)), TRUTH.repeat(times), 4, 1.0, tolerance=1e-7)
    np.testing.assert_allclose(weighted.weights, repeated.weights, atol=1e-4)


def test_what_tells_the_labels_apart_without_fail_has_a_minimum_too() -> None:
    inputs = np.repeat(np.eye(2), 5, axis=0)
    found = fit_logistic(sparse(inputs), np.repeat([0, 1], 5), 2, 100.0)
    assert np.isfinite(found.weights).all()
    assert found.probabilities(np.array([1.0, 0.0]))[0] > 0.99


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=6), st.integers(0, 99))
def test_the_minimum_of_a_bowl_is_found_however_flat_it_is_in_some_directions(
    curvatures: list[float], seed: int
) -> None:
    bowl = np.array(curvatures)
    lowest = np.random.default_rng(seed).normal(size=len(bowl))
    found = minimum(
        lambda point: (float(bowl @ (point - lowest) ** 2) / 2, bowl * (point - lowest)),
        np.zeros(len(bowl)),
        1e-8,
        500,
    )
    np.testing.assert_allclose(found, lowest, atol=1e-5)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=4), st.integers(2, 5))
def test_each_row_is_held_out_once_and_no_group_is_on_both_sides(
    rows: list[tuple[str, int]], folds: int
) -> None:
    labels, groups = [label for label, _ in rows], np.array([group for _, group in rows])
    splits = split(labels, groups, folds, seed=3)
    assert sorted(np.concatenate([test for _, test in splits]).tolist()) == list(range(len(rows)))
    for train, test in splits:
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(rows)))
        if len(set(groups.tolist())) > 1:
            assert len(test)
            assert not set(groups[train].tolist()) & set(groups[test].tolist())


def test_of_one_group_each_fold_has_its_share_of_every_label() -> None:
    labels = ["a"] * 20 + ["b"] * 10
    for _, test in split(labels, np.zeros(30, dtype=int), 5, seed=3):
        assert [[labels[row] for row in test].count(label) for label in "ab"] == [4, 2]
