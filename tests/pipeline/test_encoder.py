import shutil
from pathlib import Path

import numpy as np
import onnx.parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline
from pipeline.encoder import MAX_TOKENS, EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.errors import BundleError, ChecksumError
from tests.support.default_model import installed_encoder

WORDS = "connection to node refused while writing block of orders after retry"
TEXTS = [
    "",
    "up",
    "Größe überschritten ☃",
    "disk full",
    "login of user failed",
    *(f"{WORDS} {' and '.join(['again'] * length)}" for length in (0, 1, 5, 12, 30, 45, 70)),
    "x " * 400,
]


def test_every_embedding_has_length_one_and_the_encoders_dimension() -> None:
    embeddings = installed_encoder().encode(TEXTS)
    assert embeddings.shape == (len(TEXTS), 384)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert installed_encoder().encode([]).shape == (0, 384)


@settings(max_examples=8)
@given(st.permutations(range(len(TEXTS))), st.integers(1, len(TEXTS)))
def test_an_embedding_is_the_same_bit_for_bit_whatever_else_is_encoded(order: list[int], batch: int) -> None:
    alone = np.vstack([installed_encoder().encode([text]) for text in TEXTS])
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        assert np.array_equal(installed_encoder().encode([TEXTS[row] for row in rows]), alone[rows])


def test_the_embedding_is_that_of_sentence_transformers() -> None:
    # Only here: every process of a run collects all tests, and this import takes four seconds.
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(packaged_weights()), device="cpu", local_files_only=True)
    reference.max_seq_length = MAX_TOKENS
    theirs = reference.encode(TEXTS, batch_size=1, show_progress_bar=False)
    np.testing.assert_allclose(installed_encoder().encode(TEXTS), theirs, atol=1e-6)


def test_what_stands_beyond_the_last_token_does_not_matter() -> None:
    start = "word " * MAX_TOKENS
    first, second = installed_encoder().encode([start + "fails", start + "works"])
    assert np.array_equal(first, second)


def test_progress_counts_every_text_once() -> None:
    counts: list[int] = []
    installed_encoder().encode(TEXTS * 3, counts.append)
    assert sum(counts) == 3 * len(TEXTS)


def test_other_weights_than_those_of_the_bundle_are_refused(tmp_path: Path) -> None:
    sha256 = weights_sha256(packaged_weights())
    with pytest.raises(ChecksumError, match=r"trained with MiniLM 000000000000\.\.\.; install those"):
        load_encoder(EncoderReference("MiniLM", "0" * 64))
    changed = tmp_path / "changed"
    shutil.copytree(packaged_weights(), changed)
    with (changed / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(ChecksumError, match=f"the weights in {changed} have the SHA-256"):
        load_encoder(EncoderReference("MiniLM", sha256), directory=changed)


def test_missing_weights_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"the weights of MiniLM cannot be read: .*; install logsluice again"
    ):
        load_encoder(EncoderReference("MiniLM", "0" * 64), directory=tmp_path)


def test_the_graph_is_its_text_compiled() -> None:
    text = Path(pipeline.__file__).with_name("layer.onnx.txt").read_text()
    compiled = Path(pipeline.__file__).with_name("layer.onnx").read_bytes()
    assert onnx.load_model_from_string(compiled) == onnx.parser.parse_model(text), (
        "write onnx.parser.parse_model(text).SerializeToString() to layer.onnx"
    )
