"""A forest of decision trees, as arrays: the second model of a bundle trained with ``--second-opinion``."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Forest(NamedTuple):
    """Trees one behind the other, node by node; ``roots`` are the places of their first nodes.

    A node asks whether the feature of that number is at most its threshold, and goes on ``left`` if so, else
    ``right``, to a place behind its own. A leaf has the feature -1. ``shares`` are those of the labels among
    the training rows that ended in a node, shape (nodes, labels).
    """

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float32]

    def label(self, features: npt.NDArray[np.float32]) -> int:
        """Return the column of the label that the trees give the largest share, on average."""
        nodes = self.roots
        while (inner := self.feature[nodes] >= 0).any():
            low = features[self.feature[nodes]] <= self.threshold[nodes]
            nodes = np.where(inner, np.where(low, self.left[nodes], self.right[nodes]), nodes)
        return int(self.shares[nodes].astype(np.float64).sum(axis=0).argmax())

    def sound(self, features: int, labels: int) -> bool:
        """Whether every way through the trees ends, at a leaf, and asks only for features that there are."""
        if "".join(part.dtype.kind for part in self) != "iifiif":
            return False
        nodes, places = len(self.feature), np.arange(len(self.feature))
        inner = self.feature >= 0
        return bool(
            len(self.roots)
            and self.shares.shape == (nodes, labels)
            and {self.threshold.shape, self.left.shape, self.right.shape} == {self.feature.shape}
            and (self.roots >= 0).all()
            and (self.roots < nodes).all()
            and (self.feature < features).all()
            and all(
                (places < to)[inner].all() and (to < nodes)[inner].all() for to in (self.left, self.right)
            )
        )
