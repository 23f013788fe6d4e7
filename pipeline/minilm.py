"""The network of all-MiniLM-L6-v2: six BERT layers, the mean over the tokens, scaled to length 1. It only encodes.

sentence-transformers trains the weights (`training.fine_tune`) and is the reference that a test holds this against. To
run them it brings along all of transformers, whose import took longer than the rest of a start together.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

Weights = Mapping[str, Tensor]
"""Parameters by the names that transformers gives to those of its BertModel."""


class _Configuration(msgspec.Struct, frozen=True):
    num_attention_heads: int
    num_hidden_layers: int
    layer_norm_eps: float
    hidden_act: Literal["gelu"]
    position_embedding_type: Literal["absolute"]


class _Affine(NamedTuple):
    weight: Tensor
    bias: Tensor


class _Layer(NamedTuple):
    to_heads: _Affine
    from_heads: _Affine
    attended: _Affine
    widen: _Affine
    narrow: _Affine
    output: _Affine


class MiniLm:
    """Token ids in, embeddings out. Nothing in it changes, so that threads may share it."""

    def __init__(self, weights: Weights, directory: Path) -> None:
        """Take weights, and from a sentence-transformers directory how they are put together.

        Raises:
            OSError, msgspec.MsgspecError: the directory is not one of such a network.
            KeyError: a weight is missing.
        """
        self.weights = weights
        self._configuration = msgspec.json.decode(
            (directory / "config.json").read_bytes(), type=_Configuration
        )
        self._words = weights["embeddings.word_embeddings.weight"]
        # Every text is of the first of the two kinds that BERT tells apart.
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._embedded = self._affine("embeddings.LayerNorm")
        self._layers = [self._layer(number) for number in range(self._configuration.num_hidden_layers)]

    @property
    def dimension(self) -> int:
        """How many numbers an embedding has."""
        return int(self._words.shape[1])

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return embeddings, shape (rows, dimension), of token ids, shape (rows, width).

        ``mask``, of the same shape, is 1 where there is a token and 0 behind the last.
        """
        rows, width = ids.shape
        heads = self._configuration.num_attention_heads
        seen = mask.bool()[:, None, None, :]
        hidden = self._normalised(self._words[ids] + self._places[:width], self._embedded)
        for layer in self._layers:
            split = functional.linear(hidden, *layer.to_heads).view(rows, width, 3, heads, -1)
            query, key, value = split.permute(2, 0, 3, 1, 4)
            attention = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
            attention = attention.transpose(1, 2).reshape(rows, width, -1)
            hidden = self._normalised(
                functional.linear(attention, *layer.from_heads) + hidden, layer.attended
            )
            inner = functional.gelu(functional.linear(hidden, *layer.widen))
            hidden = self._normalised(functional.linear(inner, *layer.narrow) + hidden, layer.output)
        counted = mask[..., None].to(hidden.dtype)
        return functional.normalize((hidden * counted).sum(1) / counted.sum(1))

    def _normalised(self, hidden: Tensor, norm: _Affine) -> Tensor:
        return functional.layer_norm(hidden, norm.weight.shape, *norm, eps=self._configuration.layer_norm_eps)

    def _affine(self, *names: str) -> _Affine:
        """Return the weights of one or several parts, one below the other: a single product is quicker than three."""
        return _Affine(
            *(torch.cat([self.weights[f"{name}.{kind}"] for name in names]) for kind in _Affine._fields)
        )

    def _layer(self, number: int) -> _Layer:
        layer = f"encoder.layer.{number}"
        attention = f"{layer}.attention"
        return _Layer(
            to_heads=self._affine(*(f"{attention}.self.{part}" for part in ("query", "key", "value"))),
            from_heads=self._affine(f"{attention}.output.dense"),
            attended=self._affine(f"{attention}.output.LayerNorm"),
            widen=self._affine(f"{layer}.intermediate.dense"),
            narrow=self._affine(f"{layer}.output.dense"),
            output=self._affine(f"{layer}.output.LayerNorm"),
        )


class WordPieces:
    """Texts in, token ids out."""

    def __init__(self, directory: Path, most: int) -> None:
        """Read the tokenizer of a sentence-transformers directory; a text has ``most`` tokens at most."""
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(most)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, the marks at its start and its end among them."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]


def read_weights(directory: Path) -> dict[str, Tensor]:
    """Return the weights in a sentence-transformers directory.

    Raises:
        OSError, safetensors.SafetensorError: they cannot be read.
    """
    return load_file(directory / "model.safetensors")
