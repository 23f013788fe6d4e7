"""Fit the classifier, and learn from systems that it has not seen how far it can be trusted."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold

from pipeline.classifier import Probabilities, TemplateClassifier, log_loss, tempered
from pipeline.features import LexicalFeatures
from training.rows import Row

FOLDS = 5
_REGULARISATION = 3.0  # C of the logistic regression; flat between 1 and 10 on systems not seen
_FLOOR = 0.3  # a threshold below would let a label stand that is more likely wrong than right

Embeddings = npt.NDArray[np.float32]


class Point(msgspec.Struct, frozen=True):
    """What a threshold would mean: the share of templates answered, and how many of the answers are right."""

    threshold: float
    coverage: float
    precision: float


class Trust(msgspec.Struct, frozen=True):
    """How far a classifier can be trusted, measured on folds of systems that it was not trained on."""

    temperature: float
    threshold: float
    accuracy: float
    curve: tuple[Point, ...]


def fit(
    rows: Sequence[Row], embeddings: Embeddings, precision: float, seed: int, progress: Callable[[str], None]
) -> tuple[TemplateClassifier, Trust]:
    """Return a classifier of the rows, calibrated, and the trust that it deserves.

    ``embeddings`` has the shape (rows, dimension). ``precision`` is what the threshold is chosen for.
    """
    labels = sorted({row.label for row in rows})
    truth = np.array([labels.index(row.label) for row in rows])
    held_out = np.zeros((len(rows), len(labels)))
    folds = list(_folds(rows, truth, seed))
    for number, (train, test) in enumerate(folds, start=1):
        progress(f"fold {number} of {len(folds)}")
        part = _fit_once([rows[i] for i in train], embeddings[train], temperature=1.0)
        columns = np.array([labels.index(label) for label in part.labels])
        held_out[np.ix_(test, columns)] = part.predict_proba(
            [rows[i].template for i in test], embeddings[test]
        )
    trust = judge(held_out, truth, precision)
    progress("the whole")
    return _fit_once(rows, embeddings, trust.temperature), trust


def judge(held_out: Probabilities, truth: npt.NDArray[np.int_], precision: float) -> Trust:
    """Return temperature, threshold and curve from probabilities of rows that were not trained on."""
    found = minimize_scalar(lambda t: log_loss(held_out, truth, t), bounds=(0.3, 5.0), method="bounded")
    temperature = round(float(found.x), 3)
    calibrated = tempered(held_out, temperature)
    confidence, right = calibrated.max(axis=1), calibrated.argmax(axis=1) == truth
    order = np.argsort(-confidence, kind="stable")
    precisions = right[order].cumsum() / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precisions >= precision)
    threshold = max(float(confidence[order][good[-1]]), _FLOOR) if len(good) else 1.0
    curve = tuple(_point(t, confidence, right) for t in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98))
    return Trust(temperature, round(threshold, 3), round(float(right.mean()), 4), curve)


def _point(threshold: float, confidence: Probabilities, right: npt.NDArray[np.bool_]) -> Point:
    answered = confidence >= threshold
    precision = float(right[answered].mean()) if answered.any() else 1.0
    return Point(threshold, round(float(answered.mean()), 4), round(precision, 4))


def _folds(
    rows: Sequence[Row], truth: npt.NDArray[np.int_], seed: int
) -> list[tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]]:
    """Return (train, test) rows, by system where there are enough of them, else by template."""
    systems = np.array([row.source for row in rows])
    if len(set(systems)) >= 2 * FOLDS:
        return list(GroupKFold(FOLDS, shuffle=True, random_state=seed).split(truth, truth, systems))
    splits = max(2, min(FOLDS, int(np.bincount(truth).min())))
    return list(StratifiedKFold(splits, shuffle=True, random_state=seed).split(truth, truth))


def _fit_once(rows: Sequence[Row], embeddings: Embeddings, temperature: float) -> TemplateClassifier:
    templates = [row.template for row in rows]
    features = LexicalFeatures().fit(templates)
    estimator = LogisticRegression(C=_REGULARISATION, max_iter=300, tol=1e-3)
    estimator.fit(features.transform(templates, embeddings), [row.label for row in rows])
    return TemplateClassifier(features, estimator, temperature)
