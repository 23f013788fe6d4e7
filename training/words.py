"""Learn which words and pairs of words matter, and lay them out as a matrix."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.features import WordFeatures, terms
from training.sparse import Sparse

_MAX_FEATURES = 20_000
_FEWEST_TEMPLATES = 2  # that a term is in


def learn_words(templates: Sequence[str], max_features: int = _MAX_FEATURES) -> WordFeatures:
    """Return the terms that occur in two templates or more, the most frequent of them, and how rare each is.

    How rare a term is is ln((1 + templates) / (1 + templates with it)) + 1, as scikit-learn has it.
    """
    times, spread = Counter[str](), Counter[str]()
    for template in templates:
        found = terms(template)
        times.update(found)
        spread.update(set(found))
    # Of very few templates, no word is in two.
    known = [term for term, number in spread.items() if number >= _FEWEST_TEMPLATES] or list(spread)
    # Of terms as frequent as each other words come before pairs.
    known = sorted(sorted(known, key=lambda term: (-times[term], " " in term, term))[:max_features])
    found_in = np.array([spread[term] for term in known], dtype=np.float64)
    rarity = np.log((1 + len(templates)) / (1 + found_in)) + 1
    return WordFeatures(known, rarity.astype(np.float32))


def matrix(words: WordFeatures, templates: Sequence[str]) -> Sparse:
    """Return the weights of the terms of each template, shape (templates, terms)."""
    found = [words.of(template) for template in templates]
    rows = np.repeat(np.arange(len(found)), [len(columns) for columns, _ in found])
    columns = np.concatenate([columns for columns, _ in found])
    values = np.concatenate([values for _, values in found])
    return Sparse(values, rows, columns, (len(templates), len(words.known)))
