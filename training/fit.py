"""Fit the classifier, and learn from systems that it has not seen how far it can be trusted."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.classifier import (
    SMALLEST,
    Linear,
    Opinions,
    Probabilities,
    SecondedClassifier,
    TemplateClassifier,
    pooled,
)
from pipeline.forest import Forest
from pipeline.neighbours import index
from pipeline.verdict import UNCLASSIFIED
from training.folds import split
from training.lbfgs import minimum
from training.logistic import fit_logistic
from training.measures import Point
from training.rows import Row
from training.words import learn_words, matrix

FOLDS = 5
_WORDS_C = 3.0  # inverse regularisation; on systems not seen flat between 1.5 and 15
_EMBEDDING_C = 2.0  # flat between 0.5 and 10
_TUNED_EMBEDDING_C = 0.1  # a freer model of a tuned embedding is sure of what is strange too
_TUNED_SHARE = 2 / 3
"""What a tuned embedding counts of what words do.

The folds are of one corpus, of whose wording an embedding that was tuned on it knows more than of that of running
systems: weights fitted to them would trust it too far. On real lines anything from a half to two thirds does alike.
"""
_CORPUS_FRAGMENTS = (
    0.25  # how much rarer fragments without a meaning are in running systems than in the corpus
)
_FLOOR = 0.3  # a threshold below would let a label stand that is more likely wrong than right
_BELOW = 0.001  # the least step below a threshold, which has three digits
_LEAST, _MOST = 0.05, 5.0  # what the weight of an opinion may be
_EQUAL = (0.5,) * len(Opinions._fields)

Embeddings = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int_]
EmbeddingsFrom = Callable[[Indices], Embeddings]
"""Row numbers in, embeddings of ALL rows out, by an encoder that has learnt from those row numbers only."""


class Trust(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a classifier can be trusted, measured on folds of systems that it was not trained on.

    ``weights`` are those of the opinions by words, by embedding and by neighbours. ``doubt`` is the confidence
    where a second opinion disagrees; None without one.
    """

    weights: tuple[float, ...]
    threshold: float
    accuracy: float
    curve: tuple[Point, ...]
    doubt: float | None = None


def fit(
    rows: Sequence[Row],
    embeddings_from: EmbeddingsFrom,
    precision: float,
    seed: int,
    progress: Callable[[str], None],
    folds: int = FOLDS,
    second_opinion: bool = False,
    tuned: bool = False,
) -> tuple[TemplateClassifier | SecondedClassifier, Trust]:
    """Return a classifier of the rows, calibrated, and the trust that it deserves.

    ``embeddings_from`` is asked once for every fold and last for all rows; the encoder of that last call is
    the one that belongs to the classifier, and ``tuned`` whether it was fine-tuned. ``precision`` is what the
    threshold is chosen for. With ``second_opinion`` the classifier is sure of a label only where a second
    model gives the same.
    """
    labels = sorted({row.label for row in rows})
    truth = np.array([labels.index(row.label) for row in rows])
    held_out = np.zeros((len(Opinions._fields), len(rows), len(labels)))
    seconds = np.zeros(len(rows), dtype=int) if second_opinion else None
    splits = _splits(rows, truth, folds, seed)
    for number, (train, test) in enumerate(splits, start=1):
        progress(f"fold {number} of {len(splits)}")
        embeddings = embeddings_from(train)
        part = _fit_once([rows[i] for i in train], embeddings[train], _EQUAL, tuned)
        columns = [labels.index(label) for label in part.labels]
        opinions = part.opinions([rows[i].template for i in test], embeddings[test])
        for view, opinion in zip(held_out, opinions, strict=True):
            view[test[:, None], columns] = opinion
        if seconds is not None:
            second = _second(part, [rows[i] for i in train], embeddings[train], seed)
            seconds[test] = [
                columns[second.label(part.features(rows[i].template, embeddings[i]))] for i in test
            ]
    trust = judge(tuple(held_out), truth, precision, seconds, tuned)
    progress("the whole")
    embeddings = embeddings_from(np.arange(len(rows)))
    classifier = _fit_once(rows, embeddings, trust.weights, tuned)
    if trust.doubt is None:
        return classifier, trust
    return SecondedClassifier(classifier, _second(classifier, rows, embeddings, seed), trust.doubt), trust


def judge(
    held_out: Sequence[Probabilities],
    truth: Indices,
    precision: float,
    seconds: Indices | None = None,
    tuned: bool = False,
) -> Trust:
    """Return weights, threshold and curve from opinions on rows that were not trained on.

    ``seconds`` are the labels of a second model. Where it gives another one, no threshold is reached.
    """
    free = np.array([[1, _TUNED_SHARE, 0], [0, 0, 1]]) if tuned else np.eye(len(held_out))
    weights = _pool_weights(held_out, truth, free)
    calibrated = pooled(held_out, weights)
    confidence, right = calibrated.max(axis=1), calibrated.argmax(axis=1) == truth
    agreed = np.ones(len(truth), dtype=bool) if seconds is None else calibrated.argmax(axis=1) == seconds
    confidence = np.where(agreed, confidence, 0.0)
    order = np.argsort(-confidence[agreed], kind="stable")
    precisions = right[agreed][order].cumsum() / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precisions >= precision)
    threshold = max(float(confidence[agreed][order][good[-1]]), _FLOOR) if len(good) else 1.0
    if len(good) and good[-1] == len(order) - 1:
        # Even the least sure of all may stand, so nothing asks for more than a confidence of what is wanted.
        threshold = min(threshold, precision)
    curve = tuple(_point(t, confidence, right) for t in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98))
    threshold = round(threshold, 3)
    doubt = None
    if seconds is not None:
        # As sure as such labels are right; but never as sure as it takes to stand.
        usual = float(right[~agreed].mean()) if not agreed.all() else 0.0
        doubt = round(min(usual, threshold - _BELOW), 3)
    return Trust(weights, threshold, round(float(right.mean()), 4), curve, doubt)


def _pool_weights(
    held_out: Sequence[Probabilities], truth: Indices, free: npt.NDArray[np.float64]
) -> tuple[float, ...]:
    """Return the weights of opinions that make the truth likeliest, in three digits.

    Each row of ``free``, shape (rows, opinions), says how much the opinions count for each part of one number that
    may be chosen.
    """
    logarithms = np.log(np.maximum(held_out, SMALLEST))
    rows = np.arange(len(truth))
    middle, half = (_MOST + _LEAST) / 2, (_MOST - _LEAST) / 2

    def weights(point: npt.NDArray[np.float64]) -> list[float]:
        bounded = middle + half * np.tanh(point)  # so that none leaves its bounds
        found: list[float] = (bounded @ free).tolist()
        return found

    def loss(point: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        likely = pooled(held_out, weights(point))
        usual = (likely * logarithms).sum(axis=2)
        slopes = free @ (usual - logarithms[:, rows, truth]).mean(axis=1)
        value = -np.log(np.maximum(likely[rows, truth], SMALLEST)).mean()
        return float(value), slopes * half * (1 - np.tanh(point) ** 2)

    start = np.arctanh((np.full(len(free), 0.5) - middle) / half)
    return tuple(round(weight, 3) for weight in weights(minimum(loss, start, 1e-6, 200)))


def _point(threshold: float, confidence: Probabilities, right: npt.NDArray[np.bool_]) -> Point:
    answered = confidence >= threshold
    precision = float(right[answered].mean()) if answered.any() else 1.0
    return Point(threshold, round(float(answered.mean()), 4), round(precision, 4))


def _splits(rows: Sequence[Row], truth: Indices, folds: int, seed: int) -> list[tuple[Indices, Indices]]:
    """Return (train, test) rows: by kind of system where there are enough, by system, else by template.

    A system of a kind that was trained on is half known already; what counts is the one that is not.
    """
    labels = [row.label for row in rows]
    for names in ([row.kind or row.source for row in rows], [row.source for row in rows]):
        if len(set(names)) < 2 * folds:
            continue
        found = split(labels, np.unique(names, return_inverse=True)[1], folds, seed)
        # Where a label comes from one system alone, a fold without that system may have nothing to tell apart.
        if all(len(set(truth[train])) > 1 for train, _ in found):
            return found
    return split(labels, np.zeros(len(rows), dtype=int), folds, seed)


def _fit_once(
    rows: Sequence[Row], embeddings: Embeddings, weights: Sequence[float], tuned: bool
) -> TemplateClassifier:
    templates, names = [row.template for row in rows], sorted({row.label for row in rows})
    truth = np.array([names.index(row.label) for row in rows])
    words = learn_words(templates)
    table = matrix(words, templates)
    by_words = fit_logistic(table, truth, len(names), _WORDS_C)
    by_embedding = fit_logistic(embeddings, truth, len(names), _TUNED_EMBEDDING_C if tuned else _EMBEDDING_C)
    rarity = np.ones(len(names), dtype=np.float32)
    if any(row.kind for row in rows) and UNCLASSIFIED in names:
        column = names.index(UNCLASSIFIED)
        rarity[column] = _CORPUS_FRAGMENTS
        for model in (by_words, by_embedding):
            _correct_prior(model, column)
    near = index((table.columns, table.rows, table.values), truth.tolist(), len(words.known), rarity)
    return TemplateClassifier(names, words, by_words, by_embedding, near, weights)


def _correct_prior(model: Linear, column: int) -> None:
    """Make `UNCLASSIFIED`, in ``column``, as rare in a model of the corpus as it is in running systems.

    The corpus has many fragments, to teach what they look like. The correction is the ratio of the two shares
    (Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002).
    """
    model.bias[column] += np.log(_CORPUS_FRAGMENTS)


def _second(first: TemplateClassifier, rows: Sequence[Row], embeddings: Embeddings, seed: int) -> Forest:
    from training.forest import fit_forest  # it needs scikit-learn

    words = matrix(first.words, [row.template for row in rows])
    return fit_forest(words, embeddings, [row.label for row in rows], seed)
