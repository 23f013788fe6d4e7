"""The classifier of a bundle: a template and its embedding in, calibrated probabilities of labels out.

Every template is computed alone, so that its row does not depend on the others, to the last bit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.features import WordFeatures
from pipeline.forest import Forest
from pipeline.neighbours import Neighbours
from pipeline.readable import readable

Probabilities = npt.NDArray[np.float64]
"""Shape (templates, labels); each row sums to 1."""

SMALLEST = 1e-9
"""A probability below counts as this one, where its logarithm is taken."""
_UNREADABLE = 0.3  # what is left of a confidence; no threshold is lower


class Linear(NamedTuple):
    """A logistic regression: weights, shape (inputs, labels), and bias, shape (labels,)."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def probabilities(
        self, values: npt.NDArray[np.floating], rows: npt.NDArray[np.intp] | None = None
    ) -> Probabilities:
        """Return probabilities, shape (labels,), of inputs; ``rows`` says which they are, all where it is None."""
        weights = self.weights if rows is None else self.weights[rows]
        return _softmax((weights * values.astype(np.float64)[:, None]).sum(axis=0) + self.bias)


class Opinions(NamedTuple):
    """Three views of templates, each of shape (templates, labels), none of them calibrated."""

    by_words: Probabilities
    by_embedding: Probabilities
    by_neighbours: Probabilities


class TemplateClassifier:
    """Three opinions on a template, by its words, by its embedding and by the learnt templates near to it, pooled.

    They are fitted apart. In one joint model a fine-tuned embedding, which knows the templates it was trained
    on, would drown the words; apart, they err in different places, and the pool is surest where they agree.
    """

    def __init__(
        self,
        labels: Sequence[str],
        words: WordFeatures,
        by_words: Linear,
        by_embedding: Linear,
        neighbours: Neighbours,
        weights: Sequence[float],
    ) -> None:
        self.labels = tuple(labels)
        self.words = words
        self.by_words = by_words
        self.by_embedding = by_embedding
        self.neighbours = neighbours
        self.weights = tuple(weights)

    def opinions(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Opinions:
        """Return the probabilities by words, by embedding and by neighbours."""
        found = np.empty((len(Opinions._fields), len(templates), len(self.labels)))
        for row, (template, embedding) in enumerate(zip(templates, embeddings, strict=True)):
            columns, values = self.words.of(template)
            found[0, row] = self.by_words.probabilities(values, columns)
            found[1, row] = self.by_embedding.probabilities(embedding)
            found[2, row] = self.neighbours.shares(columns, values)
        return Opinions(*found)

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return calibrated probabilities of ``self.labels`` for templates and their embeddings.

        Of a template whose words are not known the row is brought down, and sums to less than 1.
        """
        opinions = self.opinions(templates, embeddings)
        rows = [
            pooled(views, self.weights) * (1.0 if readable(template, self.words.columns) else _UNREADABLE)
            for template, *views in zip(templates, *opinions, strict=True)
        ]
        return np.array(rows).reshape(-1, len(self.labels))

    def features(self, template: str, embedding: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the weight of every known term and then the embedding, shape (terms + dimension,)."""
        columns, values = self.words.of(template)
        weights = np.zeros(len(self.words.known), dtype=np.float32)
        weights[columns] = values
        return np.concatenate([weights, embedding])


class SecondedClassifier:
    """A classifier, and a forest that is asked whether it agrees.

    Where it does not, the confidence in the label is brought down to ``doubt``, and the rest of the row with
    it: such a row sums to less than 1. ``doubt`` lies below the threshold of the bundle.
    """

    def __init__(self, first: TemplateClassifier, second: Forest, doubt: float) -> None:
        self.labels = first.labels
        self.first = first
        self.second = second
        self.doubt = doubt

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return probabilities of ``self.labels``, calibrated where both agree."""
        probabilities = self.first.predict_proba(templates, embeddings)
        for row, template, embedding in zip(probabilities, templates, embeddings, strict=True):
            if self.second.label(self.first.features(template, embedding)) != row.argmax():
                row *= min(1.0, self.doubt / row.max())
        return probabilities


def first_of(classifier: object) -> TemplateClassifier | None:
    """Return the classifier of templates that is one, or is in one with a second opinion; None of any other."""
    if isinstance(classifier, SecondedClassifier):
        return classifier.first
    return classifier if isinstance(classifier, TemplateClassifier) else None


def pooled(opinions: Sequence[Probabilities], weights: Sequence[float]) -> Probabilities:
    """Return the logarithmic pool of opinions: the weighted sum of their logarithms, normalised.

    The weights do two things. Their ratio says whom to trust more, and their size calibrates: a sum above 1
    makes the pool surer than its parts, as those that agree deserve, and below 1 less sure. The labels are the
    last axis of an opinion.
    """
    logits = np.zeros_like(opinions[0])
    for weight, opinion in zip(weights, opinions, strict=True):
        logits = logits + weight * np.log(np.maximum(opinion, SMALLEST))
    return _softmax(logits)


def _softmax(logits: npt.NDArray[np.float64]) -> Probabilities:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Probabilities = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities
