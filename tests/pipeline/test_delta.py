"""Weight changes: what is written is what is applied, and what does not fit changes nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.delta import apply_delta, transformer_parameters
from pipeline.encoder import EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.errors import BundleError
from training.fine_tune import fine_tune, write_delta

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MATRIX = "encoder.layer.0.attention.self.query.weight"
VECTOR = "encoder.layer.0.attention.self.query.bias"


def network() -> "SentenceTransformer":
    return load_encoder(EncoderReference("packaged", weights_sha256(packaged_weights()))).network


@pytest.fixture(scope="module")
def original() -> "SentenceTransformer":
    return network()


@pytest.fixture
def changed() -> "SentenceTransformer":
    """A network with a change of rank 3 in one matrix, and a change of one vector."""
    tuned = network()
    parameters = transformer_parameters(tuned)
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        size = parameters[MATRIX].shape[0]
        parameters[MATRIX].add_(
            torch.randn(size, 3, generator=random) @ torch.randn(3, size, generator=random) / 100
        )
        parameters[VECTOR].add_(0.25)
    return tuned


def test_a_change_of_low_rank_comes_back_whole(
    original: "SentenceTransformer", changed: "SentenceTransformer", tmp_path: Path
) -> None:
    write_delta(original, changed, tmp_path / "delta", rank=3)
    again = network()
    apply_delta(again, tmp_path / "delta")
    wanted = transformer_parameters(changed)
    for name, found in transformer_parameters(again).items():
        torch.testing.assert_close(found, wanted[name], atol=2e-4, rtol=0)


def test_only_what_changed_is_written(
    original: "SentenceTransformer", changed: "SentenceTransformer", tmp_path: Path
) -> None:
    write_delta(original, changed, tmp_path / "delta", rank=3)
    assert set(load_file(tmp_path / "delta")) == {VECTOR, f"{MATRIX}.left", f"{MATRIX}.right"}


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({VECTOR: torch.ones(384), "encoder.layer.99.bias": torch.ones(3)}, "does not have"),
        ({VECTOR: torch.ones(384), MATRIX: torch.ones(7)}, "in the shape"),
        ({VECTOR: torch.ones(384), f"{MATRIX}.left": torch.ones(384, 2)}, "no two factors"),
        ({f"{MATRIX}.left": torch.ones(384, 2), f"{MATRIX}.right": torch.ones(3, 384)}, "no two factors"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    original: "SentenceTransformer", tmp_path: Path, tensors: dict[str, torch.Tensor], sentence: str
) -> None:
    save_file(tensors, tmp_path / "delta")
    before = transformer_parameters(original)[VECTOR].clone()
    with pytest.raises(BundleError, match=sentence):
        apply_delta(original, tmp_path / "delta")
    assert torch.equal(transformer_parameters(original)[VECTOR], before)


def test_a_broken_file_is_refused(original: "SentenceTransformer", tmp_path: Path) -> None:
    (tmp_path / "delta").write_bytes(b"not weights")
    with pytest.raises(BundleError, match="cannot be read"):
        apply_delta(original, tmp_path / "delta")


def test_fine_tuning_is_deterministic_and_leaves_the_word_embeddings() -> None:
    texts = [f"disk {word} failed" for word in ("one", "two", "six")] + [
        f"user {word} logged in" for word in "abc"
    ]
    labels = ["Error"] * 3 + ["User Action"] * 3
    told: list[int] = []
    first = transformer_parameters(fine_tune(texts, labels, seed=3, epochs=2, progress=told.append))
    second = transformer_parameters(fine_tune(texts, labels, seed=3, epochs=2))
    untouched = transformer_parameters(network())
    assert sum(told) == 2 * len(texts)
    for name, weights in first.items():
        assert torch.equal(weights, second[name])
        assert torch.equal(weights, untouched[name]) == (not name.startswith("encoder.")), name
