import numpy as np
import pytest

from pipeline.features import WordFeatures, encoder_text

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


def test_what_a_template_gets_depends_on_that_template_alone() -> None:
    features = WordFeatures().fit(TEMPLATES)
    together = features.transform(TEMPLATES).toarray()
    alone = np.vstack([features.transform([template]).toarray() for template in TEMPLATES])
    assert np.array_equal(together, alone)
    assert together[:-1].any(axis=1).all()


def test_only_what_occurs_twice_is_a_feature_and_there_are_no_more_than_asked_for() -> None:
    features = WordFeatures().fit(TEMPLATES)
    assert not features.transform(["zebra"]).toarray().any()
    assert features.transform(["backup"]).toarray().any()
    assert WordFeatures(max_features=3).fit(TEMPLATES).transform(TEMPLATES).shape == (len(TEMPLATES), 3)


def test_the_same_templates_give_the_same_features_in_any_order() -> None:
    forth = WordFeatures().fit(TEMPLATES).transform(TEMPLATES).toarray()
    back = WordFeatures().fit(TEMPLATES[::-1]).transform(TEMPLATES).toarray()
    assert np.array_equal(forth, back)
