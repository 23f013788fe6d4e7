"""Fine-tuning: what the encoder learns from a few rows, and that the small file gives it back."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.encoder import Embeddings, EncoderReference, load_encoder, packaged_weights
from pipeline.minilm import Weights, read_weights
from tests.support.default_model import installed_encoder
from training.fine_tune import fine_tune, write_delta

SIDES = {
    "left": ("valve", "pump", "gauge", "boiler"),
    "right": ("ledger", "budget", "payroll", "audit"),
}
VERBS = ("was checked", "is out of range", "was replaced")
TEXTS = [f"the {noun} {verb}" for nouns in SIDES.values() for noun in nouns for verb in VERBS]
LABELS = [side for side, nouns in SIDES.items() for _ in nouns for _ in VERBS]


@pytest.fixture(scope="module")
def tuned() -> Weights:
    return fine_tune(TEXTS, LABELS, seed=1, epochs=6)


def reference() -> EncoderReference:
    return installed_encoder().reference


def separation(embeddings: Embeddings) -> float:
    """Return how much more alike (cosine) texts of one label are than texts of two."""
    alike = embeddings @ embeddings.T
    same = np.equal.outer(LABELS, LABELS)
    return float(alike[same].mean() - alike[~same].mean())


def test_texts_of_one_label_move_together_and_of_two_apart(tuned: Weights) -> None:
    before = separation(installed_encoder().encode(TEXTS))
    after = separation(installed_encoder().tuned(tuned).encode(TEXTS))
    assert after > 1.25 * before > 0  # of the average of a few steps


def test_the_packaged_encoder_stays_as_it_is(tuned: Weights) -> None:
    fresh = load_encoder(reference())
    np.testing.assert_array_equal(fresh.encode(TEXTS), installed_encoder().encode(TEXTS))


def test_the_small_file_gives_back_what_was_learnt(tuned: Weights, tmp_path: Path) -> None:
    path = tmp_path / "delta.safetensors"
    write_delta(read_weights(packaged_weights()), tuned, path)
    wanted = installed_encoder().tuned(tuned).encode(TEXTS)
    found = load_encoder(reference(), path.read_bytes()).encode(TEXTS)
    moved = np.linalg.norm(wanted - installed_encoder().encode(TEXTS), axis=1)
    lost = np.linalg.norm(wanted - found, axis=1)
    assert moved.min() > 0.05
    assert lost.max() < 0.1 * moved.min()
    assert path.stat().st_size < 6 << 20


@pytest.mark.long
def test_a_larger_rank_loses_less(tuned: Weights, tmp_path: Path) -> None:
    wanted = installed_encoder().tuned(tuned).encode(TEXTS)
    lost, sizes = [], []
    for rank in (1, 64):
        path = tmp_path / f"{rank}.safetensors"
        write_delta(read_weights(packaged_weights()), tuned, path, rank)
        lost.append(float(np.abs(wanted - load_encoder(reference(), path.read_bytes()).encode(TEXTS)).max()))
        sizes.append(path.stat().st_size)
    assert lost == sorted(lost, reverse=True)
    assert sizes == sorted(sizes)


@pytest.mark.long
def test_the_seed_decides_and_the_random_numbers_of_others_are_left_alone() -> None:
    import torch  # only here: every process of a run collects all tests

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    tuned = [fine_tune(TEXTS[6:18], LABELS[6:18], seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(1), expected)
    first, again, other = (installed_encoder().tuned(weights).encode(TEXTS[:3]) for weights in tuned)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_three_labels_and_progress() -> None:
    reported: list[int] = []
    labels = ["one", "two", "three"] * 4
    weights = fine_tune(TEXTS[:12], labels, seed=1, epochs=2, progress=reported.append)
    assert sum(reported) == 2 * len(labels)
    assert np.isfinite(installed_encoder().tuned(weights).encode(TEXTS[:3])).all()
