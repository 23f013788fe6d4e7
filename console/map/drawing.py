"""From templates and their embeddings to a map: a place and a cluster for each; and the map as its script reads it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from console.store.frequent import FrequentRow
from training.discovery.clusters import NONE, cluster, default_size
from training.discovery.discovery import Cluster, Placed, describe
from training.discovery.page import map_data
from training.discovery.projection import project, sentence
from training.discovery.templates import Template

LANDMARKS = 5_000
"""Templates that t-SNE places; the others are put next to those that are most like them, which takes a moment."""
SEED = 1


class Spot(NamedTuple):
    """A place, both coordinates from 0 to 1, and the number of a cluster, -1 for none."""

    x: float
    y: float
    cluster: int


class Drawn(msgspec.Struct, frozen=True):
    """A map of templates by their ids. ``said`` is how it was made, ``bundle`` whose encoder it goes by."""

    spots: dict[str, Spot]
    clusters: list[Cluster]
    said: str
    bundle: str


def has_scikit_learn() -> bool:
    """Return whether a map can have clusters, and a better projection than two axes."""
    return find_spec("sklearn") is not None


def draw(
    rows: Sequence[FrequentRow], embeddings: npt.NDArray[np.float32], bundle: str, with_clusters: bool
) -> Drawn:
    """Return the map of templates and their embeddings, shape (rows, dimension).

    By t-SNE and HDBSCAN of scikit-learn, or without it by the two main axes of the embeddings, and without clusters.
    """
    if with_clusters:
        with one_thread():
            projection = project(embeddings, "tsne", SEED, LANDMARKS)
            numbers = cluster(embeddings, projection, "hdbscan", default_size(len(rows)), 0.0)
    else:
        projection = project(embeddings, "pca", SEED)
        numbers = np.full(len(rows), NONE, dtype=np.intp)
    spots = zip(rows, projection.places.tolist(), numbers.tolist(), strict=True)
    return Drawn(
        {row.id: Spot(x, y, number) for row, (x, y), number in spots},
        describe([template_of(row) for row in rows], numbers),
        sentence(projection),
        bundle,
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep what this thread calls of scikit-learn to one thread: several wait for each other where cores are busy."""
    from threadpoolctl import threadpool_limits  # scikit-learn brings it along

    with threadpool_limits(1, user_api="openmp"):
        yield


def columns(rows: Sequence[FrequentRow], drawn: Drawn) -> dict[str, Any]:
    """Return what ``map_data.js`` reads, with what the store now says of the templates of a map, and their ids.

    What the store has no more is left out.
    """
    shown = [row for row in rows if row.id in drawn.spots]
    placed = [
        Placed(template_of(row), spot.cluster, spot.x, spot.y)
        for row in shown
        for spot in (drawn.spots[row.id],)
    ]
    return {**map_data(placed, drawn.clusters), "id": [row.id for row in shown]}


def template_of(row: FrequentRow) -> Template:
    """Return a row of the store as a map takes it."""
    return Template(row.template, row.events, {row.source: row.events}, row.label, row.confidence, "")
