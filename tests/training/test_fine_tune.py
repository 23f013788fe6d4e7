"""Fine-tuning: what the encoder learns from a few rows, and that the small file gives it back."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from pipeline.encoder import Embeddings, Encoder, EncoderReference, load_encoder
from tests.default_model import installed_encoder
from training.fine_tune import fine_tune, write_delta

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SIDES = {
    "left": ("valve", "pump", "gauge", "boiler"),
    "right": ("ledger", "budget", "payroll", "audit"),
}
VERBS = ("was checked", "is out of range", "was replaced")
TEXTS = [f"the {noun} {verb}" for nouns in SIDES.values() for noun in nouns for verb in VERBS]
LABELS = [side for side, nouns in SIDES.items() for _ in nouns for _ in VERBS]


@pytest.fixture(scope="module")
def tuned() -> "SentenceTransformer":
    return fine_tune(TEXTS, LABELS, seed=1, epochs=6)


def reference() -> EncoderReference:
    return installed_encoder().reference


def separation(embeddings: Embeddings) -> float:
    """Return how much more alike (cosine) texts of one label are than texts of two."""
    alike = embeddings @ embeddings.T
    same = np.equal.outer(LABELS, LABELS)
    return float(alike[same].mean() - alike[~same].mean())


def test_texts_of_one_label_move_together_and_of_two_apart(tuned: "SentenceTransformer") -> None:
    before = separation(installed_encoder().encode(TEXTS))
    after = separation(Encoder(tuned, reference()).encode(TEXTS))
    assert after > 2 * before > 0


def test_the_packaged_encoder_stays_as_it_is(tuned: "SentenceTransformer") -> None:
    fresh = load_encoder(reference())
    np.testing.assert_array_equal(fresh.encode(TEXTS), installed_encoder().encode(TEXTS))
    assert not tuned.training


def test_the_small_file_gives_back_what_was_learnt(tuned: "SentenceTransformer", tmp_path: Path) -> None:
    path = tmp_path / "delta.safetensors"
    write_delta(installed_encoder().network, tuned, path)
    wanted = Encoder(tuned, reference()).encode(TEXTS)
    found = load_encoder(reference(), path).encode(TEXTS)
    moved = np.linalg.norm(wanted - installed_encoder().encode(TEXTS), axis=1)
    lost = np.linalg.norm(wanted - found, axis=1)
    assert moved.min() > 0.05
    assert lost.max() < 0.1 * moved.min()
    assert path.stat().st_size < 6 << 20


def test_a_larger_rank_loses_less(tuned: "SentenceTransformer", tmp_path: Path) -> None:
    wanted = Encoder(tuned, reference()).encode(TEXTS)
    lost, sizes = [], []
    for rank in (1, 64):
        path = tmp_path / f"{rank}.safetensors"
        write_delta(installed_encoder().network, tuned, path, rank)
        lost.append(float(np.abs(wanted - load_encoder(reference(), path).encode(TEXTS)).max()))
        sizes.append(path.stat().st_size)
    assert lost == sorted(lost, reverse=True)
    assert sizes == sorted(sizes)


def test_the_seed_decides_and_the_random_numbers_of_others_are_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    networks = [fine_tune(TEXTS[6:18], LABELS[6:18], seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(1), expected)
    first, again, other = (Encoder(network, reference()).encode(TEXTS[:3]) for network in networks)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_three_labels_and_progress() -> None:
    told: list[int] = []
    labels = ["one", "two", "three"] * 4
    network = fine_tune(TEXTS[:12], labels, seed=1, epochs=2, progress=told.append)
    assert sum(told) == 2 * len(labels)
    assert np.isfinite(Encoder(network, reference()).encode(TEXTS[:3])).all()
