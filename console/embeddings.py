"""Embeddings of templates, for whatever in the console asks for them."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.features import encoder_text

_KEPT = 4_096

Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts in, embeddings out, shape (texts, dimension), each of length 1."""


class Embeddings:
    """Embeddings of templates, remembered, the oldest forgotten. Safe to use from several threads.

    A template that is not known takes the encoder milliseconds.
    """

    def __init__(self, encode: Encode, kept: int = _KEPT) -> None:
        self._encode = encode
        self._kept = kept
        self._known: dict[str, npt.NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def of(self, templates: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the embeddings, shape (templates, dimension)."""
        with self._lock:  # so that two who ask for the same do not both compute it
            new = [each for each in dict.fromkeys(templates) if each not in self._known]
            if new:
                encoded = self._encode([encoder_text(each) for each in new])
                self._known.update(zip(new, encoded, strict=True))
            found = np.array([self._known[each] for each in templates])
            for each in list(self._known)[: max(0, len(self._known) - self._kept)]:
                del self._known[each]
        return found
