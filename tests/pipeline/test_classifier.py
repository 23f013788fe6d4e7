import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.classifier import Probabilities, TemplateClassifier, pooled
from training.logistic import fit_logistic
from training.words import learn_words, matrix

TEMPLATES = [
    "disk failed",
    "write failed",
    "user logged in",
    "user logged out",
    "disk failed again",
    "user in",
]
LABELS = ["Error", "Error", "User Action", "User Action", "Error", "User Action"]
EMBEDDINGS = np.random.default_rng(0).normal(size=(len(TEMPLATES), 8)).astype(np.float32)
opinions = arrays.arrays(np.float64, (5, 3), elements=st.floats(0, 1)).map(
    lambda raw: (raw + 1e-12) / (raw + 1e-12).sum(axis=1, keepdims=True)
)
weights = st.floats(0.05, 5)


def classifier(weights: tuple[float, float] = (0.5, 0.5)) -> TemplateClassifier:
    words = learn_words(TEMPLATES)
    names = sorted(set(LABELS))
    truth = np.array([names.index(label) for label in LABELS])
    by_words = fit_logistic(matrix(words, TEMPLATES), truth, len(names), 1.0)
    return TemplateClassifier(names, words, by_words, fit_logistic(EMBEDDINGS, truth, 2, 1.0), weights)


@given(opinions, opinions, weights, weights)
def test_a_pool_is_a_probability(
    first: Probabilities, second: Probabilities, one: float, other: float
) -> None:
    pool = pooled((first, second), (one, other))
    assert np.isfinite(pool).all()
    assert (pool >= 0).all()
    np.testing.assert_allclose(pool.sum(axis=1), 1)


@given(opinions, weights)
def test_two_that_agree_keep_their_order_and_get_surer_with_their_weights(
    opinion: Probabilities, weight: float
) -> None:
    same = pooled((opinion, opinion), (0.5, 0.5))
    np.testing.assert_allclose(same, opinion, atol=1e-6)
    surer = pooled((opinion, opinion), (0.5 + weight, 0.5))
    assert (surer.max(axis=1) >= same.max(axis=1) - 1e-9).all()


def test_an_opinion_that_rules_a_label_out_can_be_outvoted_but_not_undefined() -> None:
    pool = pooled((np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])), (1.0, 0.5))
    assert pool[0, 0] > 0.99


def test_the_columns_are_the_labels_in_the_order_of_the_estimators() -> None:
    found = classifier().predict_proba(TEMPLATES, EMBEDDINGS)
    assert classifier().labels == ("Error", "User Action")
    assert [classifier().labels[column] for column in found.argmax(axis=1)] == LABELS


def test_a_row_depends_on_its_own_template_and_embedding_alone() -> None:
    together = classifier().predict_proba(TEMPLATES, EMBEDDINGS)
    for row, template in enumerate(TEMPLATES):
        alone = classifier().predict_proba([template], EMBEDDINGS[row : row + 1])
        np.testing.assert_array_equal(alone[0], together[row])


@pytest.mark.parametrize("weights", [(0.5, 0.5), (2.0, 0.1)])
def test_no_templates_give_no_rows(weights: tuple[float, float]) -> None:
    assert classifier(weights).predict_proba([], np.empty((0, 8), dtype=np.float32)).shape == (0, 2)
