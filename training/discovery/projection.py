"""Embeddings in, places on a map out: by UMAP where it is installed, by what scikit-learn has elsewhere."""

import warnings
from importlib.util import find_spec
from typing import Any, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.encoder import Embeddings
from training.discovery.nearest import nearest

Method = Literal["umap", "tsne", "pca"]
METHODS: tuple[Method, ...] = get_args(Method)
Places = npt.NDArray[np.float32]
"""Shape (templates, 2); both coordinates lie between 0 and 1."""

MOST_PLACED = 20_000
"""Templates that t-SNE places. Its time grows faster than their number, so more are put among those by likeness."""
_LEAST = 10
_PERPLEXITY = 15.0
_NEIGHBOURS = 15
_NEAREST = 3
_SCATTER = 0.002  # so that templates with the same neighbours do not hide each other


class Projection(msgspec.Struct, frozen=True):
    """Where each template is on the map, and how that was found.

    ``landmarks`` are the rows that the method placed, in ascending order: all, or those among which the rest was put.
    """

    places: Places
    method: Method
    landmarks: npt.NDArray[np.intp]


def has_umap() -> bool:
    """Return whether umap-learn is installed."""
    return find_spec("umap") is not None


def default_method() -> Method:
    """Return the method that is used where none is named."""
    return "umap" if has_umap() else "tsne"


def require(method: Method) -> None:
    """Return if what a method needs is installed: asked before the long work begins.

    Raises:
        ModuleNotFoundError: it is not.
    """
    for module in ("sklearn", "umap") if method == "umap" else ("sklearn",):
        if find_spec(module) is None:
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def sentence(projection: Projection) -> str:
    """Return in a sentence how the map was made."""
    name = {"umap": "UMAP", "tsne": "t-SNE of scikit-learn", "pca": "PCA"}[projection.method]
    placed, all_of_them = len(projection.landmarks), len(projection.places)
    if placed == all_of_them:
        return f"projected by {name}"
    return (
        f"{placed:,} templates projected by {name}, the other {all_of_them - placed:,} put next to the likest"
    )


def project(embeddings: Embeddings, method: Method, seed: int, most: int = MOST_PLACED) -> Projection:
    """Return places such that templates that mean the same are near each other; the same seed gives the same map.

    Of fewer than 10 templates every method is PCA: the others need neighbours. By t-SNE ``most`` templates, drawn at
    random, are placed, and the others at the mean of the places of the three that are most like them.

    Sources: McInnes, Healy and Melville, UMAP, arXiv 1802.03426; van der Maaten and Hinton, Visualizing Data using
    t-SNE, JMLR 9 (2008).

    Raises:
        ModuleNotFoundError: the method is UMAP and umap-learn is not installed, or scikit-learn is not.
    """
    count = len(embeddings)
    if count < _LEAST:
        return Projection(_scaled(_pca(embeddings)), "pca", np.arange(count))
    if method == "tsne" and count > most:
        random = np.random.default_rng(seed)
        landmarks = np.sort(random.choice(count, most, replace=False))
        placed = _scaled(_tsne(embeddings[landmarks], seed))
        return Projection(_among(embeddings, landmarks, placed, random), method, landmarks)
    if method == "pca":
        places = _pca(embeddings)
    else:
        places = _umap(embeddings, seed) if method == "umap" else _tsne(embeddings, seed)
    return Projection(_scaled(places), method, np.arange(count))


def _umap(embeddings: Embeddings, seed: int) -> npt.NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed means one thread, and what numba says of itself
        from umap import UMAP

        neighbours = min(_NEIGHBOURS, len(embeddings) - 1)
        reducer = UMAP(n_neighbors=neighbours, min_dist=0.05, metric="cosine", random_state=seed)
        places: npt.NDArray[Any] = reducer.fit_transform(embeddings)
    return places


def _tsne(embeddings: Embeddings, seed: int) -> npt.NDArray[Any]:
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(embeddings) - 1) / 3)
    places: npt.NDArray[Any] = TSNE(perplexity=perplexity, random_state=seed).fit_transform(embeddings)
    return places


def _pca(embeddings: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the first two principal components, each so turned that its largest value is positive."""
    centred = embeddings - embeddings.mean(axis=0) if len(embeddings) else embeddings
    axes = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)
    places: npt.NDArray[Any] = centred @ axes
    return places


def _among(
    embeddings: Embeddings, landmarks: npt.NDArray[np.intp], placed: Places, random: np.random.Generator
) -> Places:
    places = np.empty((len(embeddings), 2), dtype=np.float32)
    places[landmarks] = placed
    rest = np.setdiff1d(np.arange(len(embeddings)), landmarks)
    near = nearest(embeddings[rest], embeddings[landmarks], _NEAREST).rows
    # The median, so that one that lies between two islands is put on one of them, and not into the sea.
    scatter = random.normal(0, _SCATTER, (len(rest), 2))
    places[rest] = np.median(placed[near], axis=1) + scatter
    return np.clip(places, 0, 1)


def _scaled(places: npt.NDArray[Any]) -> Places:
    """Return places turned so that they are wider than high, as screens are, and scaled into the unit square."""
    if not len(places):
        return np.empty((0, 2), dtype=np.float32)
    turned = _pca(places.astype(np.float64))
    low, high = turned.min(axis=0), turned.max(axis=0)
    size = float((high - low).max()) or 1.0
    scaled: Places = ((turned - (low + high) / 2) / size + 0.5).astype(np.float32)
    return scaled
