"""The templates that mean nearly the same as one, to be labelled together with it."""

import re
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from console.store.rows import TemplateRow
from pipeline.features import encoder_text, terms

MOST, SHORTLIST = 8, 48
LEAST_ALIKE, LEAST_SHARED = 0.6, 0.15
_KEPT = 4_096
_PLACEHOLDER = re.compile("<[a-z]+>")

Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts in, embeddings out, shape (texts, dimension), each of length 1."""


class Neighbour(NamedTuple):
    """A template, and the cosine of its embedding with that of the one it is a neighbour of."""

    row: TemplateRow
    alike: float


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


def neighbours(row: TemplateRow, others: Sequence[TemplateRow], embeddings: Embeddings) -> list[Neighbour]:
    """Return those of others that mean nearly what a template does, the nearest first, `MOST` at most.

    The encoder is asked for `SHORTLIST` of them at most: those that share the most words with it. They must share some:
    a fine-tuned encoder holds all that has one label for alike.
    """
    words = _words(row.template)
    shared = sorted(
        ((_overlap(words, _words(each.template)), -place) for place, each in enumerate(others)), reverse=True
    )
    short = [
        others[-place]
        for overlap, place in shared[:SHORTLIST]
        if overlap >= LEAST_SHARED and others[-place].id != row.id
    ]
    if not short:
        return []
    own, *rest = embeddings.of([row.template, *(each.template for each in short)])
    found = [Neighbour(each, float(own @ embedding)) for each, embedding in zip(short, rest, strict=True)]
    found.sort(key=lambda each: -each.alike)
    return [each for each in found[:MOST] if each.alike >= LEAST_ALIKE]


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of words that two have in common, 0 to 1."""
    return len(one & other) / (len(one | other) or 1)


@lru_cache(_KEPT)
def _words(template: str) -> frozenset[str]:
    bare = _PLACEHOLDER.sub(" ", template)
    return frozenset(term for term in terms(bare) if len(term) > 1 and term.isalpha())
