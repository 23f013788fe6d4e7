"""Fit a multinomial logistic regression: over words, which are sparse, or over embeddings."""

import numpy as np
import numpy.typing as npt

from pipeline.classifier import Linear
from training.lbfgs import Floats, minimum
from training.sparse import Sparse

Indices = npt.NDArray[np.int_]

_TOLERANCE = 1e-3  # of the gradient of the mean loss, all inputs on one scale
_MOST_STEPS = 500
_CURVATURE = 0.1  # of the loss of a row by a logit, at the start: p * (1 - p) of one of ten labels


def fit_logistic(
    inputs: Sparse | npt.NDArray[np.float32],
    truth: Indices,
    labels: int,
    freedom: float,
    weights: Floats | None = None,
    tolerance: float = _TOLERANCE,
) -> Linear:
    """Return the logistic regression of rows of ``inputs``, shape (rows, inputs), to the labels in ``truth``.

    It minimises freedom * sum(weights * -ln(probability of the truth)) + sum(squares of what inputs are multiplied
    by) / 2, as LogisticRegression of scikit-learn does with C for ``freedom`` and more than two labels. ``truth`` are
    numbers below ``labels``; ``weights``, shape (rows,), say what each row counts, 1 where there are none.
    """
    values = inputs if isinstance(inputs, Sparse) else _Dense(inputs)
    height, width = values.shape
    counts = np.ones(height) if weights is None else weights
    total = counts.sum()
    shares = counts / total
    penalty = 1 / (freedom * total)
    rows = np.arange(height)
    # Rare words have next to no curvature. With all inputs on one scale of it half of the steps find the minimum.
    curvatures = np.append(_CURVATURE * values.squares(shares) + penalty, _CURVATURE)
    scale = 1 / np.sqrt(curvatures)[:, None]

    def loss(point: Floats) -> tuple[float, Floats]:
        table = point.reshape(width + 1, labels) * scale
        matrix, bias = table[:-1], table[-1]
        logits = values.times(matrix) + bias
        logits -= logits.max(axis=1, keepdims=True)
        logarithms = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        errors = np.exp(logarithms)
        errors[rows, truth] -= 1
        errors *= shares[:, None]
        gradient = np.vstack([values.transposed_times(errors) + penalty * matrix, errors.sum(axis=0)])
        value = penalty * (matrix * matrix).sum() / 2 - shares @ logarithms[rows, truth]
        return float(value), (gradient * scale).ravel()

    found = minimum(loss, np.zeros((width + 1) * labels), tolerance, _MOST_STEPS).reshape(-1, labels) * scale
    return Linear(found[:-1].astype(np.float32), found[-1].astype(np.float32))


class _Dense:
    """A matrix without zeros, with what `Sparse` has."""

    def __init__(self, values: npt.NDArray[np.float32]) -> None:
        self._values = values.astype(np.float64)
        self.shape = values.shape

    def times(self, matrix: Floats) -> Floats:
        return self._values @ matrix

    def transposed_times(self, matrix: Floats) -> Floats:
        return self._values.T @ matrix

    def squares(self, shares: Floats) -> Floats:
        sums: Floats = shares @ (self._values * self._values)
        return sums
