"""Weight changes: what is written is what is applied, and what does not fit changes nothing."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file

from pipeline.delta import apply_delta
from pipeline.encoder import packaged_weights
from pipeline.errors import BundleError
from pipeline.minilm import Weights, read_weights
from training.fine_tune import fine_tune, write_delta

MATRIX = "encoder.layer.0.attention.self.query.weight"
VECTOR = "encoder.layer.0.attention.self.query.bias"


@pytest.fixture(scope="module")
def original() -> Weights:
    return read_weights(packaged_weights())


@pytest.fixture
def changed(original: Weights) -> Weights:
    """The weights with a change of rank 3 in one matrix, and a change of one vector."""
    random = np.random.default_rng(1)
    size = original[MATRIX].shape[0]
    change = random.normal(size=(size, 3)) @ random.normal(size=(3, size)) / 100
    return {
        **original,
        MATRIX: original[MATRIX] + change.astype(np.float32),
        VECTOR: original[VECTOR] + np.float32(0.25),
    }


def test_a_change_of_low_rank_comes_back_whole(original: Weights, changed: Weights, tmp_path: Path) -> None:
    write_delta(original, changed, tmp_path / "delta", rank=3)
    again = apply_delta(original, (tmp_path / "delta").read_bytes())
    assert again.keys() == changed.keys()
    for name, found in again.items():
        np.testing.assert_allclose(found, changed[name], atol=2e-4, rtol=0)


def test_only_what_changed_is_written(original: Weights, changed: Weights, tmp_path: Path) -> None:
    write_delta(original, changed, tmp_path / "delta", rank=3)
    assert set(load_file(tmp_path / "delta")) == {VECTOR, f"{MATRIX}.left", f"{MATRIX}.right"}


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({VECTOR: np.ones(384), "encoder.layer.99.bias": np.ones(3)}, "does not have"),
        ({VECTOR: np.ones(384), MATRIX: np.ones(7)}, "in the shape"),
        ({VECTOR: np.ones(384), f"{MATRIX}.left": np.ones((384, 2))}, "no two factors"),
        ({f"{MATRIX}.left": np.ones((384, 2)), f"{MATRIX}.right": np.ones((3, 384))}, "no two factors"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    original: Weights, tmp_path: Path, tensors: dict[str, npt.NDArray[np.float64]], sentence: str
) -> None:
    save_file(tensors, tmp_path / "delta")
    before = original[VECTOR].copy()
    with pytest.raises(BundleError, match=sentence):
        apply_delta(original, (tmp_path / "delta").read_bytes())
    assert np.array_equal(original[VECTOR], before)


def test_a_broken_file_is_refused(original: Weights, tmp_path: Path) -> None:
    (tmp_path / "delta").write_bytes(b"not weights")
    with pytest.raises(BundleError, match="cannot be read"):
        apply_delta(original, (tmp_path / "delta").read_bytes())


def test_fine_tuning_is_deterministic_and_leaves_the_word_embeddings() -> None:
    texts = [f"disk {word} failed" for word in ("one", "two", "six")] + [
        f"user {word} logged in" for word in "abc"
    ]
    labels = ["Error"] * 3 + ["User Action"] * 3
    reported: list[int] = []
    first = fine_tune(texts, labels, seed=3, epochs=2, progress=reported.append)
    second = fine_tune(texts, labels, seed=3, epochs=2)
    untouched = read_weights(packaged_weights())
    assert sum(reported) == 2 * len(texts)
    for name, weights in first.items():
        assert np.array_equal(weights, second[name])
        assert np.array_equal(weights, untouched[name]) == (not name.startswith("encoder.")), name
