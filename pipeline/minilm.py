"""The network of all-MiniLM-L6-v2: six BERT layers, the mean over the tokens, scaled to length 1. It only encodes.

ONNX Runtime runs it: one text in a call, in one thread, without padding. No call holds anything of another text, so an
embedding depends on its text alone on any processor, whatever its kernels do with more rows. What several texts in one
call would gain is that the weights are read from memory once for all of them. Here the order of the calls gains that:
all texts of a group go through one layer, whose weights the cache then holds, before they go through the next.

sentence-transformers trains the weights (`training.fine_tune`) and is the reference that a test holds this against.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from pipeline.encoder import DIMENSION

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]
"""Parameters by the names that transformers gives to those of its BertModel."""

_LAYERS = 6
_EPSILON = np.float32(1e-12)
_GRAPH = Path(__file__).with_name("layer.onnx")


class MiniLm:
    """Token ids in, embeddings out. Nothing in it changes, so that threads may share it."""

    def __init__(self, weights: Weights) -> None:
        """Take the weights.

        Raises:
            KeyError: one is missing.
        """
        self._words = weights["embeddings.word_embeddings.weight"]
        # Every text is of the first of the two kinds that BERT tells apart.
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._scale = weights["embeddings.LayerNorm.weight"]
        self._shift = weights["embeddings.LayerNorm.bias"]
        self._layers = [_Layer(weights, f"encoder.layer.{number}") for number in range(_LAYERS)]

    def embed(self, tokens: Sequence[Sequence[int]]) -> Array:
        """Return embeddings, shape (texts, 384), each of length 1, of the token ids of each text."""
        hidden = [self._embedded(ids) for ids in tokens]
        for layer in self._layers:
            hidden = [layer(text) for text in hidden]
        return np.array([_unit(text[0].mean(axis=0)) for text in hidden], np.float32).reshape(-1, DIMENSION)

    def _embedded(self, ids: Sequence[int]) -> Array:
        words = self._words[np.asarray(ids)] + self._places[: len(ids)]
        centred = words - words.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + _EPSILON)
        embedded: Array = (centred / deviation * self._scale + self._shift)[None]
        return embedded


class _Layer:
    """One of the six layers: of one text's tokens what comes in, shape (1, tokens, 384), to what goes out."""

    def __init__(self, weights: Weights, name: str) -> None:
        inputs = {
            input_name: _joined([weights[f"{name}.{part}"] for part in parts])
            for input_name, parts in _INPUTS.items()
        }
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it keeps a plan for every number of tokens
        # The graph is as it shall be run: ONNX Runtime would put SkipLayerNormalization in, which takes twice as long.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        # ONNX Runtime reads what it does not pack from these very arrays, so they live as long as the session.
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in inputs.values()]
        options.add_external_initializers(list(inputs), self._values)
        self._session = onnxruntime.InferenceSession(
            _GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, hidden: Array) -> Array:
        output: Array = self._session.run(None, {"hidden": hidden})[0]
        return output


_PARTS = {
    "heads": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "joined": ("attention.output.dense",),
    "attended": ("attention.output.LayerNorm",),
    "widened": ("intermediate.dense",),
    "narrowed": ("output.dense",),
    "output": ("output.LayerNorm",),
}
_INPUTS = {
    f"{name}_{kind}": [f"{part}.{kind}" for part in parts]
    for name, parts in _PARTS.items()
    for kind in ("weight", "bias")
}
"""Which weights of a layer are which input of its graph, one behind the other."""


def _joined(parts: Sequence[Array]) -> Array:
    """Return (out, in) matrices, or vectors, as one (in, out) matrix, or one vector."""
    return np.ascontiguousarray(np.concatenate(parts).T)


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.sqrt((vector * vector).sum())
    return unit


class WordPieces:
    """Texts in, token ids out."""

    def __init__(self, directory: Path, most: int) -> None:
        """Read the tokenizer of a sentence-transformers directory; a text has ``most`` tokens at most."""
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(most)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, the marks at its start and its end among them."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]


def read_weights(directory: Path) -> dict[str, Array]:
    """Return the weights in a sentence-transformers directory, mapped: only what is used takes memory.

    A safetensors file is the length of its header in 8 bytes, the header in JSON, then the numbers.

    Raises:
        OSError: they cannot be read.
    """
    content = np.asarray(np.memmap(directory / "model.safetensors", np.uint8, "r"))
    start = 8 + int(content[:8].view("<u8")[0])
    header = msgspec.json.decode(content[8:start].tobytes(), type=dict[str, dict[str, Any]])
    weights = {}
    for name, tensor in header.items():
        if tensor.get("dtype") == "F32":
            begin, end = (start + offset for offset in tensor["data_offsets"])
            weights[name] = content[begin:end].view("<f4").reshape(tensor["shape"])
    return weights
