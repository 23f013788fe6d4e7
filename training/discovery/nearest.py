"""The nearest embeddings, exactly, in blocks of bounded memory."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.encoder import Embeddings

_CELLS = 20_000_000  # similarities in memory at once: 80 MB


class Nearest(NamedTuple):
    """Which rows are the nearest, and their cosines, both of shape (embeddings, most), the nearest first."""

    rows: npt.NDArray[np.intp]
    cosines: npt.NDArray[np.float32]


def nearest(embeddings: Embeddings, among: Embeddings, most: int) -> Nearest:
    """Return the rows of ``among`` with the highest cosines with each embedding; all have length 1.

    There are as many as ``among`` has rows, where that is fewer than ``most``.
    """
    most = min(most, len(among))
    rows = np.empty((len(embeddings), most), dtype=np.intp)
    cosines = np.empty((len(embeddings), most), dtype=np.float32)
    block = max(1, _CELLS // max(1, len(among)))
    for start in range(0, len(embeddings), block):
        likeness = embeddings[start : start + block] @ among.T
        best = np.argpartition(-likeness, most - 1, axis=1)[:, :most]
        found = np.take_along_axis(likeness, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        rows[start : start + block] = np.take_along_axis(best, order, axis=1)
        cosines[start : start + block] = np.take_along_axis(found, order, axis=1)
    return Nearest(rows, cosines)
