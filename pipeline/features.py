"""What the classifier sees of a template: words for the encoder, and weighted words and pairs of words."""

import re
from collections.abc import Container, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.rendering import rendered

_PARTS_OF_NAMES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"(?<=\w)[_.$/\\]+(?=\w)|(?<=\w)::(?=\w)")
_WORD = r"\w+|[^\w\s]"
_SIGNS = re.compile(r"[<>]")


def encoder_text(template: str) -> str:
    """Return a template with ``camelCase``, ``snake_case`` and ``dotted.names`` as words, placeholders bare.

    Of a structured template it is what `rendered` leaves.

    The encoder was trained on prose; ``relayoutWindow`` and ``block_manager`` mean little to it in one piece.
    """
    return _SIGNS.sub(" ", _PARTS_OF_NAMES.sub(" ", _JOINTS.sub(" ", rendered(template))))


class WordFeatures:
    """Words, signs and pairs of them, tf-idf weighted. What a template gets depends on that template alone.

    Parts of words are left to the encoder: character n-grams make this view better alone and the two views
    together worse, for they err in the same places.
    """

    def __init__(self, max_features: int = 20_000) -> None:
        self._words = TfidfVectorizer(
            ngram_range=(1, 2), min_df=2, max_features=max_features, sublinear_tf=True, dtype=np.float32,
            token_pattern=_WORD,
        )  # fmt: skip

    def fit(self, templates: Sequence[str]) -> "WordFeatures":
        """Learn which words there are, and how rare each is."""
        texts = [encoder_text(template) for template in templates]
        try:
            self._words.fit(texts)
        except ValueError:  # of very few templates, no word is in two
            self._words.set_params(min_df=1).fit(texts)
        return self

    def transform(self, templates: Sequence[str]) -> sparse.csr_matrix:
        """Return a sparse matrix, shape (templates, words)."""
        return self._words.transform([encoder_text(template) for template in templates])

    @property
    def known(self) -> Container[str]:
        """The words and pairs that have a column."""
        return self._words.vocabulary_
