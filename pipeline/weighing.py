"""What the embedding tier goes by: the words that weigh for a label and against it, labelled templates, and doubts."""

import numpy as np
import numpy.typing as npt

from pipeline.classifier import SecondedClassifier, first_of
from pipeline.embedding import Classifier, EmbeddingTier
from pipeline.examples import Examples
from pipeline.explanation import Classified, Near, Scored, Word, Words
from pipeline.features import encoder_text
from pipeline.readable import readable
from pipeline.verdict import UNCLASSIFIED

MOST_WORDS, MOST_NEAR = 8, 5


def weigh(
    tier: EmbeddingTier, examples: Examples, template: str, embedding: npt.NDArray[np.float32]
) -> Classified:
    """Return what the embedding tier makes of a template and its embedding, shape (dimension,), and why."""
    labels = tier.classifier.labels
    row = tier.probabilities([template], embedding[None])[0]
    order = np.argsort(-row, kind="stable")
    about = next((labels[place] for place in order if labels[place] != UNCLASSIFIED), labels[order[0]])
    return Classified(
        reads=encoder_text(template),
        threshold=tier.threshold,
        about=about,
        probabilities=tuple(Scored(labels[place], float(row[place])) for place in order),
        words=words_behind(tier.classifier, template, embedding, about),
        near=tuple(
            Near(example.template, example.label, alike)
            for example, alike in examples.most_like(embedding, MOST_NEAR)
        ),
        doubts=doubts_about(tier.classifier, template, embedding),
    )


def words_behind(
    classifier: Classifier, template: str, embedding: npt.NDArray[np.float32], label: str
) -> Words | None:
    """Return what the words of a template say of a label; None of a label or a classifier that has no such weights.

    The score of a label by words is a sum over them, so that each has its part: its weight in the template times its
    weight for the label. A part that speaks for every label alike tells nothing, so their mean is taken away.
    """
    first = first_of(classifier)
    if first is None or label not in first.labels:
        return None
    columns, values = first.words.of(template)
    parts = first.by_words.weights[columns].astype(np.float64) * values[:, None]
    pulls = parts[:, first.labels.index(label)] - parts.mean(axis=1)
    strongest = np.argsort(-np.abs(pulls), kind="stable")[:MOST_WORDS]
    found = [Word(first.words.known[columns[place]], float(pulls[place])) for place in strongest]
    opinions = first.opinions([template], embedding[None])
    return Words(
        tuple(sorted(found, key=lambda word: -word.pull)),
        by_words=_best(first.labels, opinions.by_words[0]),
        by_embedding=_best(first.labels, opinions.by_embedding[0]),
        by_neighbours=_best(first.labels, opinions.by_neighbours[0]),
    )


def doubts_about(
    classifier: Classifier, template: str, embedding: npt.NDArray[np.float32]
) -> tuple[str, ...]:
    """Return, each as a sentence, why the classifier brings its confidence in a template down."""
    first = first_of(classifier)
    if first is None:
        return ()
    doubts = []
    if not readable(template, first.words.columns):
        doubts.append("too few of its words are known")
    if isinstance(classifier, SecondedClassifier):
        second = first.labels[classifier.second.label(first.features(template, embedding))]
        if second != _best(first.labels, first.predict_proba([template], embedding[None])[0]).label:
            doubts.append(f"the second opinion is {second}")
    return tuple(doubts)


def _best(labels: tuple[str, ...], probabilities: npt.NDArray[np.float64]) -> Scored:
    best = int(probabilities.argmax())
    return Scored(labels[best], float(probabilities[best]))
