"""What the classifier sees of a template: words for the encoder, weighted n-grams beside its embedding."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

_PARTS_OF_NAMES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"(?<=\w)[_.$/\\]+(?=\w)|(?<=\w)::(?=\w)")
_SIGNS = re.compile(r"[<>]")


def encoder_text(template: str) -> str:
    """Return a template with ``camelCase``, ``snake_case`` and ``dotted.names`` as words, placeholders bare.

    The encoder was trained on prose; ``relayoutWindow`` and ``block_manager`` mean little to it in one piece.
    """
    return _SIGNS.sub(" ", _PARTS_OF_NAMES.sub(" ", _JOINTS.sub(" ", template)))


class LexicalFeatures:
    """Character and word n-grams of a template, tf-idf weighted. A row depends on its own text alone."""

    def __init__(self, max_characters: int = 40_000, max_words: int = 20_000) -> None:
        self._characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=2, max_features=max_characters, sublinear_tf=True,
            dtype=np.float32,
        )  # fmt: skip
        self._words = TfidfVectorizer(
            ngram_range=(1, 2), min_df=2, max_features=max_words, sublinear_tf=True, dtype=np.float32,
            token_pattern=r"(?u)<?\w+>?|[^\w\s]",  # noqa: S106 - a token is a word here
        )  # fmt: skip

    def fit(self, templates: Sequence[str]) -> "LexicalFeatures":
        """Learn which n-grams there are, and how rare each is."""
        texts = [encoder_text(template) for template in templates]
        self._characters.fit(texts)
        self._words.fit(texts)
        # What fitting needs and transforming does not is not worth its bytes in a bundle.
        self._characters.stop_words_ = self._words.stop_words_ = None
        return self

    def transform(self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]) -> sparse.csr_matrix:
        """Return n-grams and embeddings side by side, shape (templates, n-grams + dimension)."""
        texts = [encoder_text(template) for template in templates]
        parts = (
            self._characters.transform(texts),
            self._words.transform(texts),
            sparse.csr_matrix(embeddings),
        )
        return sparse.hstack(parts, format="csr", dtype=np.float32)
