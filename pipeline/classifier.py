"""The classifier of a bundle: features of a template in, calibrated probabilities of labels out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import log_softmax, softmax

from pipeline.features import LexicalFeatures

Probabilities = npt.NDArray[np.float64]
"""Shape (templates, labels); each row sums to 1."""

_SMALLEST = 1e-9


class Estimator(Protocol):
    """A fitted scikit-learn classifier."""

    classes_: npt.NDArray[np.str_]

    def predict_proba(self, features: sparse.csr_matrix) -> Probabilities:
        """Return probabilities, not calibrated."""


class TemplateClassifier:
    """A fitted estimator over lexical features and embeddings, its probabilities calibrated by a temperature.

    The temperature (Guo et al., "On Calibration of Modern Neural Networks", 2017) is above 1 where the
    estimator is surer of logs like those it was trained on than it should be of logs it has never seen.
    """

    def __init__(self, features: LexicalFeatures, estimator: Estimator, temperature: float) -> None:
        self.labels = tuple(str(label) for label in estimator.classes_)
        self._features = features
        self._estimator = estimator
        self._temperature = temperature

    def predict_proba(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> Probabilities:
        """Return calibrated probabilities of ``self.labels`` for templates and their embeddings."""
        if not templates:
            return np.empty((0, len(self.labels)))
        return tempered(
            self._estimator.predict_proba(self._features.transform(templates, embeddings)), self._temperature
        )


def tempered(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Return probabilities made less sure (temperature above 1) or surer (below 1)."""
    scores: Probabilities = softmax(np.log(np.maximum(probabilities, _SMALLEST)) / temperature, axis=1)
    return scores


def log_loss(probabilities: Probabilities, truth: npt.NDArray[np.int_], temperature: float) -> float:
    """Return the mean negative log-likelihood of the true columns at a temperature."""
    scores = log_softmax(np.log(np.maximum(probabilities, _SMALLEST)) / temperature, axis=1)
    return float(-scores[np.arange(len(truth)), truth].mean())
