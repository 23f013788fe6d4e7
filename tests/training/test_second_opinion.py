"""A second model in addition to the first: where they disagree, no label stands."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from pipeline.classifier import Probabilities, SecondedClassifier, TemplateClassifier
from pipeline.forest import Forest
from training.fit import Embeddings, Indices, fit, judge
from training.forest import arrays, joined
from training.rows import Row
from training.words import matrix

WORDS = {"Red": ("failed", "broke", "died", "lost"), "Blue": ("started", "opened", "joined", "ready")}
ROWS = [
    Row(label, source, f"{thing} of {source} {word}", kind=source)
    for source in ("shop", "mail", "disk", "door")
    for label, words in WORDS.items()
    for thing in ("pump", "fan", "belt")
    for word in words
]
TEMPLATES = [row.template for row in ROWS]


def embeddings(noise: float) -> Embeddings:
    truth = np.array([1.0 if row.label == "Red" else -1.0 for row in ROWS])
    return np.random.default_rng(7).normal(truth[:, None], noise, (len(ROWS), 4)).astype(np.float32)


def stubborn() -> Forest:
    """A forest of one opinion, the second label."""
    leaf = np.array([-1], dtype=np.int32)
    return Forest(leaf + 1, leaf, np.zeros(1), leaf, leaf, np.array([[0, 1]], dtype=np.float32))


def first_of(rows: list[Row]) -> TemplateClassifier:
    found, _ = fit(rows, lambda indices: embeddings(2.0), 0.9, 1, lambda what: None, folds=2)
    assert isinstance(found, TemplateClassifier)
    return found


def test_where_they_agree_nothing_changes_and_elsewhere_the_confidence_is_the_doubt() -> None:
    first = first_of(ROWS)
    alone = first.predict_proba(TEMPLATES, embeddings(2.0))
    seconded = SecondedClassifier(first, stubborn(), 0.4)
    assert seconded.labels == first.labels == ("Blue", "Red")
    found = seconded.predict_proba(TEMPLATES, embeddings(2.0))
    red = alone.argmax(axis=1) == 1
    assert 0 < red.sum() < len(red)
    np.testing.assert_array_equal(found[red], alone[red])
    np.testing.assert_allclose(found[~red].max(axis=1), 0.4)
    np.testing.assert_array_equal(found.argmax(axis=1), alone.argmax(axis=1))
    assert seconded.predict_proba([], np.empty((0, 4), dtype=np.float32)).shape == (0, 2)


def test_a_doubt_above_the_confidence_makes_nothing_surer() -> None:
    first = first_of(ROWS)
    alone = first.predict_proba(TEMPLATES, embeddings(2.0))
    found = SecondedClassifier(first, stubborn(), 0.999).predict_proba(TEMPLATES, embeddings(2.0))
    assert (found <= alone + 1e-12).all()


def test_the_forest_is_that_of_scikit_learn_and_its_features_are_words_and_embedding() -> None:
    first = first_of(ROWS)
    features = joined(matrix(first.words, TEMPLATES), embeddings(2.0))
    found = np.array([first.features(*of) for of in zip(TEMPLATES, embeddings(2.0), strict=True)])
    np.testing.assert_array_equal(found, features.toarray())
    model = RandomForestClassifier(20, random_state=1).fit(features, [row.label for row in ROWS])
    labels = [model.classes_[arrays(model).label(row)] for row in found]
    assert labels == model.predict(features).tolist()
    assert arrays(model).sound(found.shape[1], 2)


def opinions(confidences: list[float]) -> tuple[Probabilities, Probabilities]:
    one = np.array([[confidence, 1 - confidence] for confidence in confidences])
    return one, one


def test_the_threshold_is_chosen_among_those_that_agree() -> None:
    truth: Indices = np.array([0, 0, 0, 1, 0, 1])
    held_out = opinions([0.95, 0.9, 0.85, 0.8, 0.75, 0.7])
    alone = judge(held_out, truth, 0.99)
    assert alone.doubt is None
    seconds: Indices = np.array([0, 0, 0, 1, 0, 1])
    seconded = judge(held_out, truth, 0.99, seconds)
    assert seconded.threshold < alone.threshold
    assert seconded.doubt == 0.0
    assert (seconded.weights, seconded.accuracy) == (alone.weights, alone.accuracy)


def test_doubt_is_how_often_such_labels_are_right_and_never_reaches_the_threshold() -> None:
    held_out = opinions([0.9] * 6)
    truth: Indices = np.array([0, 0, 1, 0, 1, 0])
    half = judge(held_out, truth, 0.6, np.array([0, 0, 0, 0, 1, 1]))
    assert half.doubt == 0.5 < half.threshold
    all_right = judge(held_out, np.zeros(6, dtype=int), 0.6, np.array([0, 0, 0, 0, 1, 1]))
    assert all_right.doubt == pytest.approx(all_right.threshold - 0.001)


def test_a_fit_with_a_second_opinion_answers_less_and_is_deterministic() -> None:
    noisy = embeddings(2.0)
    (first, trust), (again, same) = (
        fit(ROWS, lambda indices: noisy, 0.9, 1, lambda what: None, folds=2, second_opinion=True)
        for _ in range(2)
    )
    assert isinstance(first, SecondedClassifier)
    assert trust == same
    assert trust.doubt is not None
    assert trust.doubt < trust.threshold
    other = np.random.default_rng(9).normal(0, 3, noisy.shape).astype(np.float32)
    found = first.predict_proba(TEMPLATES, other)
    np.testing.assert_array_equal(found, again.predict_proba(TEMPLATES, other))
    disagreed = found.sum(axis=1) < 0.999
    assert disagreed.any()
    assert (found[disagreed].max(axis=1) <= trust.doubt + 1e-9).all()
