"""Embeddings of the templates of the map: computed once each, kept in half precision."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from console.store.frequent import FrequentRow
from pipeline.encoder import DIMENSION, Encoder
from pipeline.features import encoder_text

CHUNK = 64
"""Templates that are encoded in one go; it takes about half a second, and then others have their turn."""


class Vectors:
    """Keeps the embeddings of those templates that it was last asked for: 768 bytes for each."""

    def __init__(self) -> None:
        self._known: dict[str, npt.NDArray[np.float16]] = {}
        self._encoder: Encoder | None = None

    def __len__(self) -> int:
        return len(self._known)

    def of(
        self,
        rows: Sequence[FrequentRow],
        encoder: Encoder,
        progress: Callable[[int], None],
        is_over: Callable[[], bool],
    ) -> npt.NDArray[np.float32] | None:
        """Return the embeddings, shape (rows, dimension); None where it is over before all are known.

        ``progress`` is called with how many are known so far.
        """
        if encoder is not self._encoder:
            self._known, self._encoder = {}, encoder  # of another bundle, where a fine-tuned one may differ
        new = [row for row in rows if row.id not in self._known]
        for start in range(0, len(new), CHUNK):
            if is_over():
                return None
            progress(len(rows) - len(new) + start)
            chunk = new[start : start + CHUNK]
            encoded = encoder.encode([encoder_text(row.template) for row in chunk])
            self._known.update(
                (row.id, vector.astype(np.float16)) for row, vector in zip(chunk, encoded, strict=True)
            )
        result = np.empty((len(rows), DIMENSION), dtype=np.float32)
        for place, row in enumerate(rows):
            result[place] = self._known[row.id]
        return result

    def keep(self, rows: Sequence[FrequentRow]) -> None:
        """Forget the embeddings of all other templates."""
        self._known = {row.id: self._known[row.id] for row in rows if row.id in self._known}
