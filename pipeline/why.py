"""Why a template has its label: the part that a rule matched, or the words and the labelled templates behind it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import re2

from pipeline.classifier import SecondedClassifier, TemplateClassifier
from pipeline.cleaning import clean
from pipeline.embedding import Classifier
from pipeline.rules import RULE_CHARS, Rule

MOST_WORDS = 8


class Word(NamedTuple):
    """A word, or a pair of them, and how much it pulls towards a label against the average of the others."""

    text: str
    pull: float


class Opinion(NamedTuple):
    """The label that one view of a template prefers, and the probability it gives it, not calibrated."""

    label: str
    probability: float


class Words(NamedTuple):
    """What the words of a template say of a label: the strongest, for and against, and the opinions of both views."""

    words: tuple[Word, ...]
    by_words: Opinion
    by_embedding: Opinion


def matched_span(rule: Rule, text: str) -> tuple[int, int] | None:
    """Return where a rule matches in a text, as places in ``clean(text)``; None where it does not.

    A template is not the message that was matched: of a rule that asks for digits it shows nothing.
    """
    found = re2.search(rule.pattern, clean(text)[:RULE_CHARS])
    return found.span() if found else None


def words_behind(
    classifier: Classifier, template: str, embedding: npt.NDArray[np.float32], label: str
) -> Words | None:
    """Return what the words of a template say of a label; None of a label or a classifier that has no such weights.

    The score of a label by words is a sum over them, so that each has its part: its weight in the template times its
    weight for the label. A part that speaks for every label alike tells nothing, so their mean is taken away.
    """
    if isinstance(classifier, SecondedClassifier):
        classifier = classifier.first
    if not isinstance(classifier, TemplateClassifier) or label not in classifier.labels:
        return None
    columns, values = classifier.words.of(template)
    parts = classifier.by_words.weights[columns].astype(np.float64) * values[:, None]
    pulls = parts[:, classifier.labels.index(label)] - parts.mean(axis=1)
    strongest = np.argsort(-np.abs(pulls), kind="stable")[:MOST_WORDS]
    known = classifier.words.known
    found = sorted((Word(known[columns[place]], float(pulls[place])) for place in strongest), key=_by_pull)
    by_words, by_embedding, _ = classifier.opinions([template], embedding[None])
    return Words(
        tuple(found), _best(classifier.labels, by_words[0]), _best(classifier.labels, by_embedding[0])
    )


def _by_pull(word: Word) -> float:
    return -word.pull


def _best(labels: tuple[str, ...], probabilities: npt.NDArray[np.float64]) -> Opinion:
    best = int(probabilities.argmax())
    return Opinion(labels[best], float(probabilities[best]))
