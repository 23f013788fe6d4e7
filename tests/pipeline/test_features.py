import numpy as np
import numpy.typing as npt
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.features import encoder_text, terms
from training.words import learn_words, matrix

TEMPLATES = [
    "Connection to <ip> refused",
    "Connection to <host> refused after <num> retries",
    "backup of <path> completed",
    "backup of <path> failed: disk full",
    "user <user> logged in",
]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("relayoutWindow done", "relayout Window done"),
        ("HTTPServer XMLParser", "HTTP Server XML Parser"),
        ("block_manager.flush_all", "block manager flush all"),
        ("std::vector com.example.Main$Inner", "std vector com example Main Inner"),
        ("took <duration>, 3 of <num>.", "took  duration , 3 of  num ."),
        ("_private end_ a... b", "_private end_ a... b"),
        ("Plain words stay.", "Plain words stay."),
        ("", ""),
    ],
)
def test_names_become_words(template: str, text: str) -> None:
    assert encoder_text(template) == text


def weights(learnt_from: list[str], templates: list[str], most: int = 100) -> npt.NDArray[np.float64]:
    return matrix(learn_words(learnt_from, most), templates).dense()


def test_the_weights_are_those_of_scikit_learn() -> None:
    reference = TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True).fit(TEMPLATES)
    asked = [*TEMPLATES, "backup of backup failed: backup of disk full", "zebra", ""]
    np.testing.assert_allclose(weights(TEMPLATES, asked), reference.transform(asked).toarray(), atol=1e-6)


def test_what_a_template_gets_depends_on_that_template_alone() -> None:
    together = weights(TEMPLATES, TEMPLATES)
    alone = np.vstack([weights(TEMPLATES, [template]) for template in TEMPLATES])
    assert np.array_equal(together, alone)
    assert together[:-1].any(axis=1).all()


def test_only_what_occurs_twice_is_a_feature_and_there_are_no_more_than_asked_for() -> None:
    assert not weights(TEMPLATES, ["zebra"]).any()
    assert weights(TEMPLATES, ["backup"]).any()
    assert weights(TEMPLATES, TEMPLATES, most=3).shape == (len(TEMPLATES), 3)


def test_of_very_few_templates_what_occurs_once_is_a_feature() -> None:
    assert weights(["disk full", "user gone"], ["disk"]).any()


def test_the_same_templates_give_the_same_features_in_any_order() -> None:
    assert np.array_equal(weights(TEMPLATES, TEMPLATES), weights(TEMPLATES[::-1], TEMPLATES))
