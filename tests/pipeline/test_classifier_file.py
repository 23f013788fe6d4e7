"""classifier.npz: what is written is what is read, and what does not fit together is refused in a sentence."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.classifier import Linear, SecondedClassifier, TemplateClassifier
from pipeline.classifier_file import read_classifier, write_classifier
from pipeline.errors import BundleError
from pipeline.features import WordFeatures
from pipeline.forest import Forest
from pipeline.neighbours import Neighbours

Arrays = dict[str, "np.typing.NDArray[Any]"]
NUMBERS = np.random.default_rng(3)
TEMPLATES = ["disk full", "Größe überschritten", "", "disk disk"]
EMBEDDINGS = NUMBERS.normal(size=(4, 384)).astype(np.float32)


def linear(inputs: int) -> Linear:
    return Linear(NUMBERS.normal(size=(inputs, 2)).astype(np.float32), np.zeros(2, dtype=np.float32))


FIRST = TemplateClassifier(
    ("Error", "User Action"),
    WordFeatures(("disk", "disk full", "größe"), np.array([1, 2, 3], dtype=np.float32)),
    linear(3),
    linear(384),
    Neighbours(
        labels=np.array([0, 1, 0], dtype=np.uint8),
        ends=np.array([0, 2, 2, 3], dtype=np.int32),
        rows=np.array([0, 2, 1], dtype=np.int32),
        weights=np.array([0.5, 1.0, 0.25], dtype=np.float16),
        rarity=np.array([1.0, 0.25], dtype=np.float32),
    ),
    (0.593, 0.739, 0.41),
)
FOREST = Forest(
    roots=np.array([0, 3], dtype=np.int32),
    feature=np.array([0, -1, -1, 5, -1, -1], dtype=np.int32),
    threshold=np.array([0.5, 0, 0, 0.1, 0, 0]),
    left=np.array([1, -1, -1, 4, -1, -1], dtype=np.int32),
    right=np.array([2, -1, -1, 5, -1, -1], dtype=np.int32),
    shares=np.eye(2, dtype=np.float32)[[0, 0, 1, 0, 0, 1]],
)


@pytest.mark.parametrize("classifier", [FIRST, SecondedClassifier(FIRST, FOREST, 0.4)])
def test_what_is_read_answers_as_what_was_written(
    classifier: TemplateClassifier | SecondedClassifier, tmp_path: Path
) -> None:
    path = tmp_path / "classifier.npz"
    write_classifier(path, classifier)
    again = read_classifier(path.read_bytes(), path)
    assert again.labels == classifier.labels
    wanted = classifier.predict_proba(TEMPLATES, EMBEDDINGS)
    np.testing.assert_array_equal(again.predict_proba(TEMPLATES, EMBEDDINGS), wanted)


def without(name: str) -> Callable[[Arrays], object]:
    return lambda arrays: arrays.pop(name)


def with_array(name: str, array: object) -> Callable[[Arrays], object]:
    return lambda arrays: arrays.update({name: np.array(array)})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("pool"), "pool"),
        (with_array("words_weights", np.ones((4, 2))), r"words_weights is not \(3, 2\) finite numbers"),
        (with_array("embedding_bias", [0, np.nan]), r"embedding_bias is not \(2,\) finite numbers"),
        (with_array("rarity", ["a", "b", "c"]), r"rarity is not \(3,\) finite numbers"),
        (with_array("labels", np.array([print, print])), "Object arrays cannot be loaded"),
        (with_array("near_ends", np.array([0, 2, 1, 3])), "index of learnt templates is not sound"),
        (with_array("near_rows", np.array([0, 3, 1])), "index of learnt templates is not sound"),
        (with_array("near_labels", np.array([0, 2, 0])), "index of learnt templates is not sound"),
        (with_array("near_weights", np.array([0.5, np.nan, 1])), "index of learnt templates is not sound"),
        (with_array("forest_left", np.array([0, -1, -1, 4, -1, -1])), "forest is not sound"),  # a loop
        (with_array("forest_right", np.array([9, -1, -1, 4, -1, -1])), "forest is not sound"),
        (with_array("forest_feature", np.array([387, -1, -1, 5, -1, -1])), "forest is not sound"),
        (with_array("forest_roots", np.array([0, 6])), "forest is not sound"),
        (with_array("forest_shares", np.ones((6, 3))), "forest is not sound"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    change: Callable[[Arrays], object], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "classifier.npz"
    write_classifier(path, SecondedClassifier(FIRST, FOREST, 0.4))
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    change(arrays)
    content = BytesIO()
    np.savez(content, **arrays)
    with pytest.raises(BundleError, match=f"classifier.npz is not a classifier .*{reason}"):
        read_classifier(content.getvalue(), path)


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_file_cut_short_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "classifier.npz"
    write_classifier(path, FIRST)
    with pytest.raises(BundleError, match="make the bundle again with `logsluice train`"):
        read_classifier(path.read_bytes()[:keep], path)
