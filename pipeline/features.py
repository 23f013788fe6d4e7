"""What the classifier sees of a template: words for the encoder, and weighted words and pairs of words."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.rendering import rendered

_PARTS_OF_NAMES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"(?<=\w)[_.$/\\]+(?=\w)|(?<=\w)::(?=\w)")
_WORDS = re.compile(r"\w+|[^\w\s]")
_SIGNS = re.compile(r"[<>]")

Columns = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]


def encoder_text(template: str) -> str:
    """Return a template with ``camelCase``, ``snake_case`` and ``dotted.names`` as words, placeholders bare.

    Of a structured template it is what `rendered` leaves.

    The encoder was trained on prose; ``relayoutWindow`` and ``block_manager`` mean little to it in one piece.
    """
    return _SIGNS.sub(" ", _PARTS_OF_NAMES.sub(" ", _JOINTS.sub(" ", rendered(template))))


def terms(template: str) -> list[str]:
    """Return the words and signs of a template, in small letters, and the pairs of neighbours among them."""
    words = _WORDS.findall(encoder_text(template).lower())
    return words + [f"{first} {second}" for first, second in pairwise(words)]


class WordFeatures:
    """Words, signs and pairs of them, tf-idf weighted. What a template gets depends on that template alone.

    Parts of words are left to the encoder: character n-grams make this view better alone and the two views
    together worse, for they err in the same places.
    """

    def __init__(self, known: Sequence[str], rarity: npt.NDArray[np.float32]) -> None:
        """Take the terms, in the order of their columns, and the inverse document frequency of each."""
        self.known = tuple(known)
        self.rarity = rarity
        self.columns = {term: column for column, term in enumerate(self.known)}

    def of(self, template: str) -> tuple[Columns, Values]:
        """Return the columns of the terms of a template that are known, and their weights, of length 1 together.

        A weight is (1 + ln(times the term occurs)) * rarity, as scikit-learn's ``sublinear_tf``.
        """
        counts = Counter(column for term in terms(template) if (column := self.columns.get(term)) is not None)
        columns = np.array(sorted(counts), dtype=np.intp)
        times = np.array([counts[column] for column in sorted(counts)], dtype=np.float64)
        values: Values = (1 + np.log(times)) * self.rarity[columns].astype(np.float64)
        return columns, values / max(float(np.sqrt((values * values).sum())), 1e-12)
