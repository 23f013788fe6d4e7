"""Labelled examples of a bundle, found by embedding: what an LLM is shown with the templates in question."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.encoder import Embeddings, Encoder
from pipeline.errors import BundleError
from pipeline.features import encoder_text

MAX_EXAMPLES = 2_000


class Example(msgspec.Struct, frozen=True, gc=False):
    """A template that a person labelled."""

    template: str
    label: str


class Examples:
    """Templates with their labels and embeddings, shape (examples, dimension), each of length 1."""

    def __init__(self, examples: Sequence[Example], embeddings: npt.NDArray[np.float16]) -> None:
        self._examples = examples
        self._embeddings = embeddings.astype(np.float32)

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def all(self) -> Sequence[Example]:
        """Every example, in the order of `embeddings`."""
        return self._examples

    @property
    def embeddings(self) -> npt.NDArray[np.float32]:
        """The embeddings of all examples, shape (examples, dimension)."""
        return self._embeddings

    def nearest(self, embeddings: Embeddings, most: int) -> list[Example]:
        """Return the example nearest to each embedding (cosine), each once, the nearest ``most`` of them."""
        if not self._examples or not len(embeddings):
            return []
        similarities = embeddings @ self._embeddings.T
        best = similarities.argmax(axis=1)
        by_similarity = sorted(
            zip(similarities.max(axis=1).tolist(), best.tolist(), strict=True), reverse=True
        )
        places = list(dict.fromkeys(place for _, place in by_similarity))
        return [self._examples[place] for place in places[:most]]

    def most_like(self, embedding: npt.NDArray[np.float32], most: int) -> list[tuple[Example, float]]:
        """Return the examples nearest to one embedding, shape (dimension,), and their cosines, the nearest first."""
        if not self._examples:
            return []
        similarities = self._embeddings @ embedding
        places = np.argsort(-similarities, kind="stable")[:most]
        return [(self._examples[place], float(similarities[place])) for place in places]


class NearestExamples:
    """Finds examples near to templates. Safe to use from several threads."""

    def __init__(self, examples: Examples, encoder: Encoder, most: int = 8) -> None:
        self._examples = examples
        self._encoder = encoder
        self._most = most

    def __call__(self, templates: Sequence[str]) -> list[Example]:
        """Return labelled templates near to some of these, a few at most."""
        if not len(self._examples):
            return []
        embeddings = self._encoder.encode([encoder_text(template) for template in templates])
        return self._examples.nearest(embeddings, self._most)


def write_examples(path: Path, examples: Sequence[Example], embeddings: Embeddings) -> None:
    """Write examples and their embeddings, in half precision."""
    np.savez_compressed(
        path,
        templates=np.array([example.template for example in examples], dtype=np.str_),
        labels=np.array([example.label for example in examples], dtype=np.str_),
        embeddings=embeddings.astype(np.float16),
    )


def read_examples(content: bytes | None) -> Examples:
    """Read what `write_examples` wrote; no examples where a bundle has none.

    Raises:
        BundleError: it is something else.
    """
    if content is None:
        return Examples([], np.empty((0, 0), dtype=np.float16))
    try:
        with np.load(BytesIO(content), allow_pickle=False) as parts:
            templates, labels = parts["templates"].tolist(), parts["labels"].tolist()
            embeddings = parts["embeddings"]
        examples = [Example(template, label) for template, label in zip(templates, labels, strict=True)]
        if embeddings.ndim != 2 or len(embeddings) != len(examples):
            raise ValueError("its parts have different lengths")
    except (OSError, ValueError, KeyError, BadZipFile, AttributeError) as error:
        raise BundleError(
            f"the examples of the bundle cannot be read: {error}; train the bundle again with `logsluice train`"
        ) from error
    return Examples(examples, embeddings)
