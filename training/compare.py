"""Compare classifiers: the same features, the same folds, and every figure on systems not trained on."""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from pipeline.classifier import Probabilities
from pipeline.features import WordFeatures
from training.fit import fit
from training.folds import Folds, Indices, split
from training.forest import joined
from training.measures import Answers, figures
from training.rows import Row, TrainingDataError
from training.words import learn_words, matrix

POOLED = "pooled (this bundle's kind)"
_INNER_FOLDS = 3
_POOL_FOLDS = 2
_POOL_PRECISION = 0.9

Features = Any
"""A sparse matrix, shape (templates, features)."""


class Sample(msgspec.Struct, frozen=True):
    """What a classifier is given: rows, their embeddings (rows, dimension), and the group of each."""

    rows: list[Row]
    embeddings: npt.NDArray[np.float32]
    groups: Indices

    def take(self, indices: Indices) -> "Sample":
        """Return some of the rows."""
        return Sample([self.rows[i] for i in indices], self.embeddings[indices], self.groups[indices])


class Contestant(Protocol):
    """Learns from one sample, and says of another how likely each label is."""

    def __call__(self, train: Sample, test: Sample, seed: int) -> "Outcome":
        """Return what was found, and how long it took."""


class Outcome(msgspec.Struct, frozen=True):
    """Probabilities, shape (test rows, labels), the labels of the columns, and seconds."""

    probabilities: Probabilities
    labels: Sequence[str]
    training_seconds: float
    seconds: float


class Score(msgspec.Struct, frozen=True):
    """One line of the comparison; ``microseconds`` are those of labelling one template, embedding apart."""

    name: str
    accuracy: float
    macro_f1: float
    calibration_error: float
    coverage_at_90: float
    coverage_at_95: float
    training_seconds: float
    microseconds: float


def compare(
    whole: Sample,
    folds: Folds,
    seed: int,
    progress: Callable[[str, int], None],
    contestants: "dict[str, Contestant] | None" = None,
) -> list[Score]:
    """Return the score of each classifier over all folds, in the order of ``contestants``.

    Everything that a classifier learns, the words and the weights of a pool among it, it learns from the other
    folds. ``progress`` is called with who is next, and how many folds are done.

    Raises:
        TrainingDataError: there are too few rows for one of them.
    """
    labels = sorted({row.label for row in whole.rows})
    number = {label: i for i, label in enumerate(labels)}
    truth = np.array([number[row.label] for row in whole.rows])
    chosen = CONTESTANTS if contestants is None else contestants
    scores = []
    for name, contestant in chosen.items():
        likely = np.zeros((len(truth), len(labels)))
        training = seconds = 0.0
        for done, (train, test) in enumerate(folds.splits):
            progress(name, done)
            try:
                with warnings.catch_warnings():
                    # That a label is rare on one side of a split is what the figures will show.
                    warnings.simplefilter("ignore", UserWarning)
                    outcome = contestant(whole.take(train), whole.take(test), seed)
            except ValueError as error:  # too few rows of some label, in the words of scikit-learn
                raise TrainingDataError(f"{name} cannot learn from these rows: {error}") from error
            # A label that is only in the rows held out cannot be answered, and its rows count as wrong.
            likely[test[:, None], [number[label] for label in outcome.labels]] = outcome.probabilities
            training += outcome.training_seconds
            seconds += outcome.seconds
        progress(name, len(folds.splits))
        scores.append(_score(name, truth, likely, labels, training, seconds))
    return scores


def _score(
    name: str, truth: Indices, likely: Probabilities, labels: Sequence[str], training: float, seconds: float
) -> Score:
    guess = likely.argmax(axis=1)
    answers = Answers(truth, guess, guess, likely.max(axis=1), np.ones(len(truth), dtype=bool))
    found = figures(answers, labels, np.ones(len(truth)))
    return Score(
        name=name,
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        calibration_error=found.calibration_error,
        coverage_at_90=found.coverage_at_90,
        coverage_at_95=found.coverage_at_95,
        training_seconds=round(training, 3),
        microseconds=round(seconds / len(truth) * 1e6, 1),
    )


def _side_by_side(make: Callable[[Indices, Sequence[str], int], Any], signed: bool = True) -> Contestant:
    """Return a contestant that sees words and embedding side by side.

    ``make`` is given the groups and labels of the training rows and a seed, and returns an estimator.
    """

    def contest(train: Sample, test: Sample, seed: int) -> Outcome:
        started = time.perf_counter()
        templates, labels = [row.template for row in train.rows], [row.label for row in train.rows]
        words = learn_words(templates)
        estimator = make(train.groups, labels, seed).fit(_features(words, train, signed), labels)
        trained = time.perf_counter()
        probabilities = estimator.predict_proba(_features(words, test, signed))
        return Outcome(
            probabilities,
            [str(label) for label in estimator.classes_],
            trained - started,
            time.perf_counter() - trained,
        )

    return contest


def _features(words: WordFeatures, rows: Sample, signed: bool) -> Features:
    embeddings = rows.embeddings
    if not signed:
        # Naive Bayes counts, and there is no count below zero: each direction of a dimension becomes its own.
        embeddings = np.hstack([np.maximum(embeddings, 0), np.maximum(-embeddings, 0)])
    return joined(matrix(words, [row.template for row in rows.rows]), embeddings)


def _calibrated_svm(groups: Indices, labels: Sequence[str], seed: int) -> Any:
    # Calibrated on systems held out too; a split that leaves one label to learn teaches nothing.
    splits = [
        (train, test)
        for train, test in split(labels, groups, _INNER_FOLDS, seed)
        if len({labels[i] for i in train}) > 1
    ]
    return CalibratedClassifierCV(LinearSVC(C=0.3, random_state=seed), cv=splits)


def _pool(train: Sample, test: Sample, seed: int) -> Outcome:
    started = time.perf_counter()
    classifier, _ = fit(
        train.rows, lambda _: train.embeddings, _POOL_PRECISION, seed, lambda _: None, _POOL_FOLDS
    )
    trained = time.perf_counter()
    probabilities = classifier.predict_proba([row.template for row in test.rows], test.embeddings)
    return Outcome(probabilities, classifier.labels, trained - started, time.perf_counter() - trained)


CONTESTANTS: dict[str, Contestant] = {
    POOLED: _pool,
    "logistic regression": _side_by_side(lambda *_: LogisticRegression(C=3.0, max_iter=300, tol=1e-3)),
    "linear SVM, calibrated": _side_by_side(_calibrated_svm),
    "random forest": _side_by_side(
        lambda _groups, _labels, seed: RandomForestClassifier(200, random_state=seed, min_samples_leaf=2)
    ),
    "nearest neighbours": _side_by_side(
        lambda *_: KNeighborsClassifier(10, weights="distance", metric="cosine", algorithm="brute")
    ),
    "naive Bayes": _side_by_side(lambda *_: ComplementNB(alpha=0.3), signed=False),
}
"""What is compared, by name."""
