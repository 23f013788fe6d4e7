"""The classifier of a bundle: a template and its embedding in, calibrated probabilities of labels out.

Every template is computed alone, so that its row does not depend on the others, to the last bit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.features import WordFeatures
from pipeline.forest import Forest
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


class TemplateClassifier:
    """Two opinions on a template, one by its words and one by its embedding, pooled into one.

    They are fitted apart. In one joint model a fine-tuned embedding, which knows the templates it was trained
    on, would drown the words; apart, they err in different places, and the pool is surest where they agree.
    """

    def __init__(
        self,
        labels: Sequence[str],
        words: WordFeatures,
        by_words: Linear,
        by_embedding: Linear,
        weights: tuple[float, float],
    ) -> None:
        self.labels = tuple(labels)
        self.words = words
        self.by_words = by_words
        self.by_embedding = by_embedding
        self.weights = weights

    def opinions(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> tuple[Probabilities, Probabilities]:
        """Return the probabilities by words and by embedding, neither of them calibrated."""
        found = np.empty((2, len(templates), len(self.labels)))
        for row, (template, embedding) in enumerate(zip(templates, embeddings, strict=True)):
            columns, values = self.words.of(template)
            found[0, row] = self.by_words.probabilities(values, columns)
            found[1, row] = self.by_embedding.probabilities(embedding)
        return found[0], found[1]

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return calibrated probabilities of ``self.labels`` for templates and their embeddings.

        Of a template whose words are not known the row is brought down, and sums to less than 1.
        """
        opinions = self.opinions(templates, embeddings)
        rows = [
            pooled((by_words, by_embedding), self.weights)
            * (1.0 if readable(template, self.words.columns) else _UNREADABLE)
            for template, by_words, by_embedding in zip(templates, *opinions, strict=True)
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


def pooled(opinions: tuple[Probabilities, Probabilities], weights: tuple[float, float]) -> Probabilities:
    """Return the logarithmic pool of two opinions: the weighted sum of their logarithms, normalised.

    The weights do two things. Their ratio says whom to trust more, and their size calibrates: a sum above 1
    makes the pool surer than its parts, as two that agree deserve, and below 1 less sure. The labels are the
    last axis of an opinion.
    """
    by_words, by_embedding = (np.log(np.maximum(opinion, SMALLEST)) for opinion in opinions)
    return _softmax(weights[0] * by_words + weights[1] * by_embedding)


def _softmax(logits: npt.NDArray[np.float64]) -> Probabilities:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Probabilities = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities
