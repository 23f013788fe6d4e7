"""The words behind a label, and what raises doubts about it."""

from collections.abc import Sequence

import numpy as np

from pipeline.classifier import SecondedClassifier, TemplateClassifier
from pipeline.embedding import EmbeddingTier
from pipeline.explanation import Scored
from pipeline.features import encoder_text
from pipeline.weighing import doubts_about, words_behind
from tests.support.classified import cascade

TEMPLATE = "The use of foo() is deprecated, use bar() instead"


def embedded(tier: EmbeddingTier, template: str) -> np.ndarray:
    return np.asarray(tier.encoder.encode([encoder_text(template)])[0])


def test_words_pull_towards_a_label_or_away_from_it() -> None:
    tier = cascade().embedding
    embedding = embedded(tier, TEMPLATE)
    found = words_behind(tier.classifier, TEMPLATE, embedding, "Deprecation Warning")
    assert found is not None
    assert found.words[0].text == "deprecated"
    assert found.words[0].pull > 0
    assert [word.pull for word in found.words] == sorted((word.pull for word in found.words), reverse=True)
    assert found.by_words.label == "Deprecation Warning"
    other = words_behind(tier.classifier, TEMPLATE, embedding, "User Action")
    assert other is not None
    assert all(word.pull < 0 for word in other.words if word.text == "deprecated")


def test_each_of_the_three_opinions_is_said() -> None:
    tier = cascade().embedding
    assert isinstance(tier.classifier, TemplateClassifier)
    embedding = embedded(tier, TEMPLATE)
    found = words_behind(tier.classifier, TEMPLATE, embedding, "Error")
    assert found is not None
    opinions = tier.classifier.opinions([TEMPLATE], embedding[None])
    said = (found.by_words, found.by_embedding, found.by_neighbours)
    for each, [row] in zip(said, opinions, strict=True):
        assert each == Scored(tier.classifier.labels[int(row.argmax())], float(row.max()))
    assert found.by_neighbours.label == "Deprecation Warning"


def test_where_no_template_is_near_the_neighbours_are_for_no_label() -> None:
    tier = cascade().embedding
    found = words_behind(tier.classifier, "", embedded(tier, ""), "Error")
    assert found is not None
    assert found.by_neighbours.probability < 2 / len(tier.classifier.labels)


def test_the_pulls_of_all_labels_cancel_out() -> None:
    tier = cascade().embedding
    embedding = embedded(tier, "deprecated")
    pulls = [
        word.pull
        for label in tier.classifier.labels
        if (found := words_behind(tier.classifier, "deprecated", embedding, label))
        for word in found.words
    ]
    assert len(pulls) == len(tier.classifier.labels)
    assert abs(sum(pulls)) < 1e-6


def test_other_classifiers_and_labels_have_no_words() -> None:
    tier = cascade().embedding
    embedding = embedded(tier, TEMPLATE)
    assert words_behind(tier.classifier, TEMPLATE, embedding, "no label of it") is None

    class Own:
        labels: tuple[str, ...] = ("Error",)

        def predict_proba(self, templates: Sequence[str], embeddings: np.ndarray) -> np.ndarray:
            return np.ones((1, 1))

    assert words_behind(Own(), TEMPLATE, embedding, "Error") is None


def test_a_second_opinion_leaves_the_words_of_the_first() -> None:
    tier = cascade().embedding
    assert isinstance(tier.classifier, TemplateClassifier)
    seconded = SecondedClassifier(tier.classifier, None, 0.4)  # type: ignore[arg-type]
    embedding = embedded(tier, TEMPLATE)
    assert words_behind(seconded, TEMPLATE, embedding, "Error") == words_behind(
        tier.classifier, TEMPLATE, embedding, "Error"
    )


def test_a_second_opinion_that_differs_is_a_doubt() -> None:
    tier = cascade().embedding
    labels = tier.classifier.labels

    class Forest:
        def __init__(self, says: str) -> None:
            self._says = labels.index(says)

        def label(self, features: np.ndarray) -> int:
            return self._says

    assert isinstance(tier.classifier, TemplateClassifier)
    embedding = embedded(tier, TEMPLATE)

    def doubts(says: str) -> tuple[str, ...]:
        seconded = SecondedClassifier(tier.classifier, Forest(says), 0.4)  # type: ignore[arg-type]
        return doubts_about(seconded, TEMPLATE, embedding)

    assert doubts("Deprecation Warning") == ()
    assert doubts("Error") == ("the second opinion is Error",)
