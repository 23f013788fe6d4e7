from types import SimpleNamespace
from typing import cast

from pipeline.embedding import Classifier
from pipeline.familiar import familiar, words_learnt
from tests.support.classified import cascade


def test_a_template_is_familiar_where_most_of_its_words_are_learnt() -> None:
    learnt = {"disk", "full", "failed"}
    assert familiar("disk <num> is full", learnt), "words of fewer than three letters say nothing"
    assert familiar("<num> <addr>", learnt)
    assert familiar("disk full failed now again", learnt)
    assert not familiar("disk full nunc iterum plenus", learnt)


def test_the_built_in_bundle_tells_its_words_and_a_classifier_of_the_users_own_does_not() -> None:
    learnt = words_learnt(cascade().embedding.classifier)
    assert learnt is not None
    assert familiar("Failed password for invalid user admin from <addr> port <num>", learnt)
    assert not familiar("Der Auftrag wurde nicht gefunden und verworfen", learnt)
    assert words_learnt(cast(Classifier, SimpleNamespace(labels=("a",)))) is None
