"""Teach a classifier a few corrections without fitting it again: its weights move as little as they need to.

What is sought is the change of its weights that explains the corrections, each counted several times, and that costs
least: a change is paid for by its square, and by what it does to templates that are not in question, which shall keep
the probabilities that they have (Li and Hoiem, "Learning without Forgetting", 2016). That takes seconds; to embed and
fit the whole corpus again takes minutes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.classifier import SMALLEST, Linear, Opinions, TemplateClassifier, pooled
from pipeline.encoder import Embeddings
from pipeline.features import Columns, WordFeatures, terms
from training.lbfgs import Floats, minimum
from training.more_neighbours import Rows, appended
from training.sparse import Sparse
from training.words import matrix

WEIGHT = 20.0
"""How often a correction counts, against `_KEPT` for each template whose probabilities shall stay as they are."""

_KEPT = 0.1
_TOLERANCE = 1e-5  # of the gradient of the mean loss
_MOST_STEPS = 200


class Embedded(NamedTuple):
    """Templates with their embeddings, shape (templates, 384)."""

    templates: Sequence[str]
    embeddings: Embeddings


def adapted(
    classifier: TemplateClassifier,
    corrections: Embedded,
    labels: Sequence[str],
    kept: Embedded,
    weight: float = WEIGHT,
) -> TemplateClassifier:
    """Return a classifier that has learnt what the ``labels`` of the corrections are, each one of its own labels.

    It knows the words of the corrections that it did not know before. Of ``kept`` it says what it said.
    """
    said = [classifier.labels.index(label) for label in labels]
    wider, own = _wider(classifier, corrections.templates, said)
    found = [wider.words.of(template)[0] for template in corrections.templates]
    columns = np.unique(np.concatenate([np.empty(0, dtype=np.intp), *found]))
    parts = (corrections, kept)
    templates = [template for part in parts for template in part.templates]
    words = _only(matrix(wider.words, templates), columns)
    embeddings = [part.embeddings.astype(np.float64) for part in parts]
    opinions = [_without(wider, corrections, own), wider.opinions(*kept)]
    before = np.vstack([_logits(each, classifier.weights) for each in opinions])
    wanted = np.zeros_like(before)
    rows = len(corrections.templates)
    wanted[np.arange(rows), said] = weight
    wanted[rows:] = _KEPT * pooled(classifier.opinions(*kept), classifier.weights)
    by_words, by_embedding = _change(words, np.vstack(embeddings), before, wanted)
    first, second, _ = classifier.weights
    weights = wider.by_words.weights.copy()
    weights[columns] += (by_words / first).astype(np.float32)
    moved = classifier.by_embedding.weights + (by_embedding / second).astype(np.float32)
    return TemplateClassifier(
        classifier.labels,
        wider.words,
        Linear(weights, classifier.by_words.bias),
        Linear(moved, classifier.by_embedding.bias),
        wider.neighbours,
        classifier.weights,
    )


def _wider(
    classifier: TemplateClassifier, corrections: Sequence[str], labels: Sequence[int]
) -> tuple[TemplateClassifier, Rows]:
    """Return a classifier that has corrections among its learnt templates, and in which rows.

    It knows their terms too, and draws nothing from those that are new yet.
    """
    words = _with_terms(classifier.words, corrections)
    new = len(words.known) - len(classifier.words.known)
    nothing = np.zeros((new, len(classifier.labels)), dtype=np.float32)
    weights = np.vstack([classifier.by_words.weights, nothing])
    found = appended(classifier.neighbours, matrix(words, corrections), np.array(labels, dtype=np.uint8))
    wider = TemplateClassifier(
        classifier.labels,
        words,
        Linear(weights, classifier.by_words.bias),
        classifier.by_embedding,
        found.neighbours,
        classifier.weights,
    )
    return wider, found.rows


def _with_terms(words: WordFeatures, templates: Sequence[str]) -> WordFeatures:
    """Return words with those of templates behind them."""
    counts = Counter(term for template in templates for term in dict.fromkeys(terms(template)))
    new = {term: count for term, count in counts.items() if term not in words.columns}
    # As rare as a term that so many of them have would be among what was learnt before.
    rarest = float(words.rarity.max(initial=1.0))
    rarity = np.array([max(1.0, rarest - np.log(count)) for count in new.values()], dtype=np.float32)
    return WordFeatures([*words.known, *new], np.concatenate([words.rarity, rarity]))


def _without(classifier: TemplateClassifier, corrections: Embedded, own: Rows) -> Opinions:
    """Return opinions on corrections, those by neighbours as if each correction were not among these.

    What is fitted shall help templates that are like a correction; for the correction itself its own row would do.
    """
    found = classifier.opinions(*corrections)
    for shares, template, row in zip(found.by_neighbours, corrections.templates, own, strict=True):
        cosines = classifier.neighbours.cosines(*classifier.words.of(template))
        cosines[row] = 0
        shares[:] = classifier.neighbours.shares_of(cosines)
    return found


def _logits(opinions: Opinions, weights: Sequence[float]) -> Floats:
    return np.log(np.maximum(pooled(opinions, weights), SMALLEST))


def _only(words: Sparse, columns: Columns) -> Sparse:
    """Return some columns of a matrix; they are sorted."""
    places = np.searchsorted(columns, words.columns)
    kept = columns[np.minimum(places, len(columns) - 1)] == words.columns if len(columns) else places < 0
    return Sparse(words.values[kept], words.rows[kept], places[kept], (words.shape[0], len(columns)))


def _change(words: Sparse, embeddings: Floats, before: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Return the changes of the weights by words and by embedding, each of shape (inputs, labels).

    The pool of two linear opinions is linear in both: what is fitted is one logistic regression, whose weights are
    drawn to those that the classifier has.
    """
    inputs, labels = words.shape[1], before.shape[1]
    counts = wanted.sum(axis=1, keepdims=True)
    total = float(counts.sum())

    def loss(flat: Floats) -> tuple[float, Floats]:
        change = flat.reshape(-1, labels)
        logits = before + words.times(change[:inputs]) + embeddings @ change[inputs:]
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        off = counts * np.exp(logits) - wanted
        slope = np.vstack([words.transposed_times(off), embeddings.T @ off]) + change
        value = float((change * change).sum() / 2 - (wanted * logits).sum())
        return value / total, slope.ravel() / total

    start = np.zeros((inputs + embeddings.shape[1]) * labels)
    change = minimum(loss, start, _TOLERANCE, _MOST_STEPS).reshape(-1, labels)
    return change[:inputs], change[inputs:]
