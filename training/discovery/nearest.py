"""The nearest embeddings, exactly, in blocks of bounded memory."""

import numpy as np
import numpy.typing as npt

from pipeline.encoder import Embeddings

_CELLS = 20_000_000  # similarities in memory at once: 80 MB


def nearest(embeddings: Embeddings, among: Embeddings, most: int) -> npt.NDArray[np.intp]:
    """Return which of ``among`` have the highest cosines with each embedding, shape (embeddings, most), best first.

    All embeddings have length 1. There are as many as ``among`` has rows, where that is fewer than ``most``.
    """
    most = min(most, len(among))
    found = np.empty((len(embeddings), most), dtype=np.intp)
    block = max(1, _CELLS // max(1, len(among)))
    for start in range(0, len(embeddings), block):
        likeness = embeddings[start : start + block] @ among.T
        best = np.argpartition(-likeness, most - 1, axis=1)[:, :most]
        order = np.argsort(-np.take_along_axis(likeness, best, axis=1), axis=1, kind="stable")
        found[start : start + block] = np.take_along_axis(best, order, axis=1)
    return found
