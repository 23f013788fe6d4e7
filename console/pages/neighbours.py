"""The templates that mean nearly the same as one, to be labelled together with it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from console.embeddings import Embeddings
from console.store.rows import TemplateRow
from pipeline.features import terms

MOST, SHORTLIST = 8, 48
LEAST_ALIKE, LEAST_SHARED = 0.6, 0.15
_KEPT = 4_096
_PLACEHOLDER = re.compile("<[a-z]+>")


class Neighbour(NamedTuple):
    """A template, and the cosine of its embedding with that of the one it is a neighbour of."""

    row: TemplateRow
    alike: float


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
