"""The classifier of a bundle: a template and its embedding in, calibrated probabilities of labels out."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from pipeline.features import WordFeatures

Probabilities = npt.NDArray[np.float64]
"""Shape (templates, labels); each row sums to 1."""

_SMALLEST = 1e-9


class Estimator(Protocol):
    """A fitted scikit-learn classifier."""

    classes_: npt.NDArray[np.str_]

    def predict_proba(self, features: Any) -> Probabilities:
        """Return probabilities, not calibrated."""


class TemplateClassifier:
    """Two opinions on a template, one by its words and one by its embedding, pooled into one.

    They are fitted apart. In one joint model a fine-tuned embedding, which knows the templates it was trained
    on, would drown the words; apart, they err in different places, and the pool is surest where they agree.
    """

    def __init__(
        self, words: WordFeatures, by_words: Estimator, by_embedding: Estimator, weights: tuple[float, float]
    ) -> None:
        self.labels = tuple(str(label) for label in by_words.classes_)
        self._words = words
        self._by_words = by_words
        self._by_embedding = by_embedding
        self._weights = weights

    def opinions(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> tuple[Probabilities, Probabilities]:
        """Return the probabilities by words and by embedding, neither of them calibrated."""
        if not templates:
            return np.empty((0, len(self.labels))), np.empty((0, len(self.labels)))
        by_words = self._by_words.predict_proba(self._words.transform(templates))
        return by_words, self._by_embedding.predict_proba(embeddings)

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return calibrated probabilities of ``self.labels`` for templates and their embeddings."""
        return pooled(self.opinions(templates, embeddings), self._weights)


def pooled(opinions: tuple[Probabilities, Probabilities], weights: tuple[float, float]) -> Probabilities:
    """Return the logarithmic pool of two opinions: the weighted sum of their logarithms, normalised.

    The weights do two things. Their ratio says whom to trust more, and their size calibrates: a sum above 1
    makes the pool surer than its parts, as two that agree deserve, and below 1 less sure.
    """
    by_words, by_embedding = (np.log(np.maximum(opinion, _SMALLEST)) for opinion in opinions)
    probabilities: Probabilities = softmax(weights[0] * by_words + weights[1] * by_embedding, axis=1)
    return probabilities
