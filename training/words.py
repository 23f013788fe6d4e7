"""Learn which words and pairs of words matter, and lay them out for scikit-learn."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.features import WordFeatures, terms

_MAX_FEATURES = 20_000


def learn_words(templates: Sequence[str], max_features: int = _MAX_FEATURES) -> WordFeatures:
    """Return the terms that occur in two templates or more, the most frequent of them, and how rare each is."""
    vectorizer = TfidfVectorizer(analyzer=terms, min_df=2, max_features=max_features, dtype=np.float32)
    try:
        vectorizer.fit(templates)
    except ValueError:  # of very few templates, no word is in two
        vectorizer.set_params(min_df=1).fit(templates)
    return WordFeatures(vectorizer.get_feature_names_out().tolist(), vectorizer.idf_)


def matrix(words: WordFeatures, templates: Sequence[str]) -> sparse.csr_matrix:
    """Return the weights of the terms of each template, shape (templates, terms)."""
    found = [words.of(template) for template in templates]
    ends = np.cumsum([0, *(len(columns) for columns, _ in found)])
    columns = np.concatenate([columns for columns, _ in found])
    values = np.concatenate([values for _, values in found]).astype(np.float32)
    return sparse.csr_matrix((values, columns, ends), shape=(len(templates), len(words.known)))


def joined(words: sparse.csr_matrix, embeddings: npt.NDArray[np.float32]) -> sparse.csr_matrix:
    """Return features by words and by embedding side by side."""
    return sparse.hstack([words, sparse.csr_matrix(embeddings)], format="csr")
