"""The classifier of a bundle: a template and its embedding in, calibrated probabilities of labels out."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from pipeline.features import WordFeatures
from pipeline.readable import readable

Probabilities = npt.NDArray[np.float64]
"""Shape (templates, labels); each row sums to 1."""

_SMALLEST = 1e-9
_UNREADABLE = 0.3  # what is left of a confidence; no threshold is lower


class Estimator(Protocol):
    """A fitted scikit-learn classifier."""

    classes_: npt.NDArray[np.str_]

    def predict_proba(self, features: Any) -> Probabilities:
        """Return probabilities, not calibrated."""

    def predict(self, features: Any) -> npt.NDArray[np.str_]:
        """Return the likeliest label of each row."""


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
        """Return calibrated probabilities of ``self.labels`` for templates and their embeddings.

        Of a template whose words are not known the row is brought down, and sums to less than 1.
        """
        probabilities = pooled(self.opinions(templates, embeddings), self._weights)
        if not templates:
            return probabilities
        trust = [1.0 if readable(template, self._words.known) else _UNREADABLE for template in templates]
        likely: Probabilities = probabilities * np.array(trust)[:, None]
        return likely

    def features(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> sparse.csr_matrix:
        """Return words and embedding side by side, shape (templates, words + dimension)."""
        return joined(self._words.transform(templates), embeddings)


class SecondedClassifier:
    """A classifier, and a second model that is asked whether it agrees.

    Where it does not, the confidence in the label is brought down to ``doubt``, and the rest of the row with
    it: such a row sums to less than 1. ``doubt`` lies below the threshold of the bundle.
    """

    def __init__(self, first: TemplateClassifier, second: Estimator, doubt: float) -> None:
        self.labels = first.labels
        self._first = first
        self._second = second
        self._doubt = doubt

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return probabilities of ``self.labels``, calibrated where both agree."""
        probabilities = self._first.predict_proba(templates, embeddings)
        if not templates:
            return probabilities
        best = probabilities.argmax(axis=1)
        agreed = np.array(self.labels)[best] == self._second.predict(
            self._first.features(templates, embeddings)
        )
        most = np.where(agreed, 1.0, self._doubt)
        doubted: Probabilities = probabilities * np.minimum(1.0, most / probabilities.max(axis=1))[:, None]
        return doubted


def joined(words: sparse.csr_matrix, embeddings: npt.NDArray[np.float32]) -> sparse.csr_matrix:
    """Return features by words and by embedding side by side."""
    return sparse.hstack([words, sparse.csr_matrix(embeddings)], format="csr")


def pooled(opinions: tuple[Probabilities, Probabilities], weights: tuple[float, float]) -> Probabilities:
    """Return the logarithmic pool of two opinions: the weighted sum of their logarithms, normalised.

    The weights do two things. Their ratio says whom to trust more, and their size calibrates: a sum above 1
    makes the pool surer than its parts, as two that agree deserve, and below 1 less sure.
    """
    by_words, by_embedding = (np.log(np.maximum(opinion, _SMALLEST)) for opinion in opinions)
    probabilities: Probabilities = softmax(weights[0] * by_words + weights[1] * by_embedding, axis=1)
    return probabilities
