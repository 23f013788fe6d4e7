"""``classifier.npz``: the arrays of a bundle's classifier. Reading it runs nothing that is in it.

=====================  =========================  ===========================================================
name                   shape                      what it is
=====================  =========================  ===========================================================
labels                 (labels,)                  names of the labels, in the order of the columns
terms                  (bytes,)                   words and pairs of words in UTF-8, one a line
rarity                 (terms,)                   inverse document frequency of each
words_weights, _bias   (terms, labels), (labels,) logistic regression by words
embedding_weights,     (384, labels), (labels,)   logistic regression by embedding
_bias
near_labels            (rows,)                    number of the label of each learnt template
near_ends, _rows,      see                        which terms the learnt templates have
_weights, _rarity      `pipeline.neighbours`
pool                   (3,)                       weights of the opinions by words, embedding and neighbours
doubt                  ()                         confidence where a second model disagrees, if there is one
forest_...                                        the second model (`pipeline.forest.Forest`)
=====================  =========================  ===========================================================
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812, so that it reads as the exception that it is

import numpy as np
import numpy.typing as npt

from pipeline.classifier import Linear, Opinions, SecondedClassifier, TemplateClassifier
from pipeline.encoder import DIMENSION
from pipeline.errors import BundleError
from pipeline.features import WordFeatures
from pipeline.forest import Forest
from pipeline.neighbours import Neighbours


def write_classifier(path: Path, classifier: TemplateClassifier | SecondedClassifier) -> None:
    """Write a classifier."""
    first = classifier.first if isinstance(classifier, SecondedClassifier) else classifier
    arrays: dict[str, npt.NDArray[Any]] = {
        "labels": np.array(first.labels, dtype=np.str_),
        # No term holds a line break. As an array of strings all would be as long as the longest.
        "terms": np.frombuffer("\n".join(first.words.known).encode(), dtype=np.uint8),
        "rarity": first.words.rarity,
        "words_weights": first.by_words.weights,
        "words_bias": first.by_words.bias,
        "embedding_weights": first.by_embedding.weights,
        "embedding_bias": first.by_embedding.bias,
        "near_labels": first.neighbours.labels,
        "near_ends": first.neighbours.ends,
        "near_rows": first.neighbours.rows,
        "near_weights": first.neighbours.weights,
        "near_rarity": first.neighbours.rarity,
        "pool": np.array(first.weights),
    }
    if isinstance(classifier, SecondedClassifier):
        arrays["doubt"] = np.array(classifier.doubt)
        arrays |= {f"forest_{name}": part for name, part in classifier.second._asdict().items()}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # its stub takes the names for an option


def read_classifier(content: bytes, path: Path) -> TemplateClassifier | SecondedClassifier:
    """Read the content of a file that `write_classifier` wrote to ``path``.

    Raises:
        BundleError: it is something else, or its parts do not fit together.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            return _classifier({name: file[name] for name in file.files})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, ZlibError, AttributeError) as error:
        raise BundleError(
            f"{path} is not a classifier ({error}): make the bundle again with `logsluice train`"
        ) from error


def _classifier(arrays: Mapping[str, npt.NDArray[Any]]) -> TemplateClassifier | SecondedClassifier:
    labels = [str(label) for label in arrays["labels"].tolist()]
    known = arrays["terms"].tobytes().decode().split("\n") if arrays["terms"].size else []

    def part(name: str, *shape: int) -> npt.NDArray[np.float32]:
        array = arrays[name]
        if array.shape != shape or array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ValueError(f"{name} is not {shape} finite numbers")
        return array

    near = Neighbours(*(arrays[f"near_{name}"] for name in ("labels", "ends", "rows", "weights", "rarity")))
    if not near.sound(len(known), len(labels)):
        raise ValueError("its index of learnt templates is not sound")
    first = TemplateClassifier(
        labels,
        WordFeatures(known, part("rarity", len(known))),
        Linear(part("words_weights", len(known), len(labels)), part("words_bias", len(labels))),
        Linear(part("embedding_weights", DIMENSION, len(labels)), part("embedding_bias", len(labels))),
        near,
        part("pool", len(Opinions._fields)).tolist(),
    )
    if "doubt" not in arrays:
        return first
    forest = Forest(*(arrays[f"forest_{name}"] for name in Forest._fields))
    if not forest.sound(len(known) + DIMENSION, len(labels)):
        raise ValueError("its forest is not sound")
    return SecondedClassifier(first, forest, float(arrays["doubt"]))
