"""What a cluster is called: the words that tell it from the others."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log

from pipeline.features import encoder_text

WORDS = 4
_PLACEHOLDER = re.compile(r"<\w+>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "an and any are as at be been but by can could did do does for from had has have if in into is it its of on or "
        "our so than that the their then there these they this to up was we were when which will with would you your",
    )
)
"""Words that tell nothing alone. ``no`` and ``not`` are none of them: in logs they tell much."""


def words_of(template: str) -> list[str]:
    """Return the words of a template in small letters, placeholders and the commonest words left out."""
    bare = encoder_text(_PLACEHOLDER.sub(" ", template)).lower()
    return [word for word in _WORD.findall(bare) if word not in _COMMON]


def telling_words(
    templates: Sequence[str], clusters: Sequence[int], most: int = WORDS
) -> dict[int, list[str]]:
    """Return for each cluster its most telling words; ``clusters`` has that of each template, -1 for none.

    The weight of a word in a cluster is by class-based TF-IDF (Grootendorst, BERTopic: Neural topic modeling with a
    class-based TF-IDF procedure, arXiv 2203.05794): its share of the cluster's words, times the logarithm of 1 plus
    the average number of words of a cluster over how often the word is in all of them. A template counts a word once.
    What is in no cluster counts as one more, so that words of the whole heap do not tell.
    """
    counts: dict[int, Counter[str]] = {}
    for template, cluster in zip(templates, clusters, strict=True):
        counts.setdefault(cluster, Counter()).update(set(words_of(template)))
    everywhere: Counter[str] = Counter()
    for each in counts.values():
        everywhere.update(each)
    average = everywhere.total() / max(1, len(counts))
    return {
        cluster: _best(own, everywhere, average, most)
        for cluster, own in sorted(counts.items())
        if cluster >= 0
    }


def _best(own: Counter[str], everywhere: Counter[str], average: float, most: int) -> list[str]:
    total = max(1, own.total())
    weights = {word: count / total * log(1 + average / everywhere[word]) for word, count in own.items()}
    return sorted(weights, key=lambda word: (-weights[word], word))[:most]
