"""Whether a template is worded like those that a bundle was trained on: what drift is measured by.

By words, not by embeddings: a fine-tuned encoder holds all that has one label for alike, however new it is.
"""

from collections.abc import Container

from pipeline.classifier import first_of
from pipeline.embedding import Classifier
from pipeline.readable import words_of

LEAST_KNOWN = 0.6
"""Of the words of a template. Of the built-in corpus 3 templates in 100 have fewer, of systems never seen 6 to 9."""


def words_learnt(classifier: Classifier) -> Container[str] | None:
    """Return the words that a classifier has learnt from; None of one of the user's own, which does not tell."""
    first = first_of(classifier)
    return first.words.columns if first is not None else None


def familiar(template: str, learnt: Container[str]) -> bool:
    """Return whether most words of a template are among those ``learnt``; so is one without any word."""
    words = words_of(template)
    return sum(word in learnt for word in words) >= LEAST_KNOWN * len(words)
