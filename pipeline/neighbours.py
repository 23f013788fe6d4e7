"""The learnt templates that share most words with one: what they were labelled says something of it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.features import Columns, Values

NEAREST = 16
_SHARPNESS = 12.0  # a neighbour with a cosine of 0.9 counts three times as much as one with 0.8
_NOTHING = 1e-3  # what every label has: where nothing is near, this opinion has none

_MOST_COMMON, _FEW = (
    0.05,
    20,
)  # a term that more of the learnt templates have is left out, unless it is in a few

Shares = npt.NDArray[np.float64]
"""Shape (labels,), sums to 1."""


class Neighbours:
    """Learnt templates as an inverted index: for every term the templates that it is in, and its weight in each.

    A weight is a part of a vector of length 1, as `pipeline.features.WordFeatures` has it, so that the sum over the
    terms of a template is its cosine to each of the learnt. What many templates share says little and costs most:
    such terms have no entries. A template that is nearly one of those learnt gets its label, in a sure voice; of a
    template that is like none this opinion says that every label is as likely.
    """

    def __init__(
        self,
        labels: npt.NDArray[np.uint8],
        ends: npt.NDArray[np.int32],
        rows: npt.NDArray[np.int32],
        weights: npt.NDArray[np.float16],
        rarity: npt.NDArray[np.float32],
    ) -> None:
        """Take the number of the label of each learnt template, and the entries of the index.

        The entries of term ``i`` are those from ``ends[i]`` up to ``ends[i + 1]``. ``rarity``, shape (labels,), is
        what a neighbour of each label counts.
        """
        self.labels = labels
        self.ends = ends
        self.rows = rows
        self.weights = weights
        self._weights = weights.astype(
            np.float64
        )  # numbers of 16 bits are for the file: products of them are slow
        self.rarity = rarity

    def cosines(self, columns: Columns, values: Values) -> npt.NDArray[np.float64]:
        """Return the cosine to every learnt template, shape (templates,), of the terms of one."""
        spans = [
            (slice(self.ends[column], self.ends[column + 1]), value)
            for column, value in zip(columns.tolist(), values.tolist(), strict=True)
        ]
        if not spans:
            return np.zeros(len(self.labels))
        rows = np.concatenate([self.rows[span] for span, _ in spans])
        parts = np.concatenate([self._weights[span] * value for span, value in spans])
        return np.bincount(rows, parts, minlength=len(self.labels)).astype(np.float64, copy=False)

    def shares(self, columns: Columns, values: Values) -> Shares:
        """Return how likely each label is by the nearest of the learnt templates, not calibrated."""
        return self.shares_of(self.cosines(columns, values))

    def shares_of(self, cosines: npt.NDArray[np.float64]) -> Shares:
        """Return how likely each label is by the cosines of a template to those learnt, shape (templates,)."""
        nearest = _highest(cosines, NEAREST)
        counts = np.exp(_SHARPNESS * (cosines[nearest] - 1))
        shares = (
            np.bincount(self.labels[nearest], counts, minlength=len(self.rarity)) * self.rarity + _NOTHING
        )
        found: Shares = shares / shares.sum()
        return found

    def sound(self, terms: int, labels: int) -> bool:
        """Return whether the arrays fit together, and with so many terms and labels."""
        return (
            self.ends.shape == (terms + 1,)
            and self.rarity.shape == (labels,)
            and self.rows.shape == self.weights.shape == (int(self.ends[-1]),)
            and self.ends[0] == 0
            and bool((np.diff(self.ends) >= 0).all())
            and (not len(self.rows) or 0 <= self.rows.min() <= self.rows.max() < len(self.labels))
            and (not len(self.labels) or int(self.labels.max()) < labels)
            and bool(np.isfinite(self.weights).all() and np.isfinite(self.rarity).all())
        )


def index(
    entries: tuple[Columns, npt.NDArray[np.intp], Values],
    labels: Sequence[int],
    terms: int,
    rarity: npt.NDArray[np.floating],
) -> Neighbours:
    """Return the index of learnt templates with the numbers of their ``labels``.

    ``entries`` are the column, the row and the value of each term of each template; ``rarity`` is what a neighbour
    of each label counts.
    """
    columns, rows, values = entries
    common = np.bincount(columns, minlength=terms) > max(_FEW, _MOST_COMMON * len(labels))
    kept = np.flatnonzero(~common[columns])
    kept = kept[np.argsort(columns[kept], kind="stable")]
    ends = np.cumsum(np.concatenate([[0], np.bincount(columns[kept], minlength=terms)]))
    return Neighbours(
        np.array(labels, dtype=np.uint8),
        ends.astype(np.int32),
        rows[kept].astype(np.int32),
        values[kept].astype(np.float16),
        rarity.astype(np.float32),
    )


def _highest(numbers: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.intp]:
    """Return the places of the highest numbers, those first; of equal ones the first."""
    places = np.flatnonzero(numbers > 0)  # most are nothing, and a partition of equals takes long
    if len(places) < most:
        places = np.arange(len(numbers))
    elif len(places) > most:
        least = np.partition(numbers[places], -most)[-most]
        places = places[numbers[places] >= least]
    found: npt.NDArray[np.intp] = places[np.argsort(-numbers[places], kind="stable")[:most]]
    return found
