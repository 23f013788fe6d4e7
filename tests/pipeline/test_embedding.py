from collections.abc import Mapping, Sequence
from pathlib import Path

import joblib
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.bundle import FORMAT_VERSION, Bundle, Manifest, read_bundle, write_manifest
from pipeline.embedding import EmbeddingTier, load_embedding_tier
from pipeline.errors import BundleError
from pipeline.verdict import Verdict
from tests.support.default_model import installed_encoder


class Scripted:
    """A classifier that gives the answers it was made with, and counts what it was asked."""

    def __init__(self, labels: tuple[str, ...], answers: Mapping[str, Sequence[float]]) -> None:
        self.labels = labels
        self._answers = answers
        self.asked: list[str] = []

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        assert embeddings.shape == (len(templates), 384)
        self.asked += templates
        return np.array([self._answers[template] for template in templates], dtype=np.float32).astype(
            np.float64
        )


LABELS = ("Error", "Unclassified", "User Action")
ANSWERS = {
    "sure": (0.8, 0.1, 0.1),
    "just": (0.1, 0.299999, 0.600001),
    "below": (0.25, 0.1501, 0.5999),
    "debug": (0.1, 0.85, 0.05),
    "perhaps debug": (0.25, 0.55, 0.2),
}


def tier(max_entries: int = 100) -> tuple[EmbeddingTier, Scripted]:
    scripted = Scripted(LABELS, ANSWERS)
    return EmbeddingTier(installed_encoder(), scripted, 0.6, max_entries), scripted


def test_an_answer_stands_from_the_threshold_on_and_is_a_guess_below() -> None:
    assert tier()[0].label(list(ANSWERS)) == [
        Verdict("Error", 0.8, "embedding", "sure"),
        Verdict("User Action", 0.6, "embedding", "just"),
        Verdict("Unclassified", 0.5999, "none", "below", best_guess="User Action"),
        Verdict("Unclassified", 0.85, "embedding", "debug"),
        Verdict("Unclassified", 0.25, "none", "perhaps debug", best_guess="Error"),
    ]


def test_a_confidence_is_printed_with_the_digits_it_was_rounded_to() -> None:
    for verdict in tier()[0].label(list(ANSWERS)):
        assert len(msgspec.json.encode(verdict.confidence)) <= len("0.1234")


def test_each_template_is_classified_once_whatever_its_order_and_number() -> None:
    embedding, scripted = tier()
    first = embedding.label(["below", "sure", "below"])
    assert [verdict.template for verdict in first] == ["below", "sure", "below"]
    assert embedding.label(["sure", "debug", "below"])[::2] == [first[1], first[0]]
    assert sorted(scripted.asked) == ["below", "debug", "sure"]
    assert len(embedding) == 3
    assert embedding.label([]) == []


def test_what_is_remembered_is_bounded_and_forgetting_changes_no_answer() -> None:
    embedding, scripted = tier(max_entries=2)
    once = embedding.label(list(ANSWERS))
    assert len(embedding) <= 2
    assert embedding.label(list(ANSWERS)) == once
    assert len(scripted.asked) > len(ANSWERS)


def test_progress_counts_what_is_encoded() -> None:
    counts: list[int] = []
    tier()[0].label(["sure", "debug", "sure"], counts.append)
    assert sum(counts) == 2


def bundle_with(directory: Path, classifier: object) -> Bundle:
    (directory / "rules.yaml").write_text("[]")
    (directory / "routes.yaml").write_text("{}")
    joblib.dump(classifier, directory / "classifier.joblib")
    reference = installed_encoder().reference
    digest = write_manifest(directory, Manifest(FORMAT_VERSION, "b", {"Error": "e"}, 0.6, reference, {}))
    return read_bundle(directory, digest)


@pytest.mark.parametrize(
    ("classifier", "sentence"),
    [
        (Scripted(("Error", "Panic", "Bliss"), {}), r"answers \['Bliss', 'Panic'\], which the taxonomy"),
        (
            {"labels": ["Error"]},
            r"cannot be loaded \(AttributeError: .*save it again with the libraries that are installed",
        ),
    ],
)
def test_a_classifier_that_does_not_fit_its_bundle_is_refused(
    tmp_path: Path, classifier: object, sentence: str
) -> None:
    with pytest.raises(BundleError, match=sentence):
        load_embedding_tier(bundle_with(tmp_path, classifier))


def test_unclassified_need_not_be_in_the_taxonomy(tmp_path: Path) -> None:
    bundle = bundle_with(tmp_path, Scripted(("Error", "Unclassified"), {"up": (0.7, 0.3)}))
    assert load_embedding_tier(bundle).label(["up"]) == [Verdict("Error", 0.7, "embedding", "up")]
