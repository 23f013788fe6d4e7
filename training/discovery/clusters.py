"""Which templates belong together: the islands of the map, or neighbourhoods of the embeddings."""

from collections import Counter
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from pipeline.encoder import Embeddings
from training.discovery.nearest import nearest
from training.discovery.projection import Projection

Way = Literal["hdbscan", "dbscan"]
WAYS: tuple[Way, ...] = get_args(Way)
Clusters = npt.NDArray[np.intp]
"""Shape (templates,): the number of each template's cluster, from 0, the largest first; -1 for none."""

NONE = -1
_DENSE = 2
_NEAREST = 5
_LEAST_COSINE = 0.5  # so that what is like nothing joins nothing


def default_size(templates: int) -> int:
    """Return the least templates of a cluster where nothing else is said: 5, and of many a thousandth."""
    return max(5, templates // 1_000)


def cluster(
    embeddings: Embeddings, projection: Projection, way: Way, least: int, epsilon: float | None
) -> Clusters:
    """Return the cluster of each template; ``least`` is how many templates a cluster has.

    By HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013) on the places of the map: in the hundreds of dimensions of
    the embeddings themselves every template is nearly as far from one as from another, and half of them would be in
    no cluster. By DBSCAN (Ester and others, KDD 1996) on the embeddings: ``epsilon`` is the cosine distance of
    neighbours; where it is None, the one within which half of the templates have enough of them. A template in no
    cluster, or no landmark of the map, joins the cluster of more than half of the five that are most like it, by a
    cosine of 0.5 or more.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    from sklearn.cluster import DBSCAN, HDBSCAN

    landmarks = projection.landmarks
    if len(landmarks) < max(2, least):
        return np.full(len(embeddings), NONE, dtype=np.intp)
    if way == "hdbscan":
        places = projection.places[landmarks].astype(np.float64)
        hdbscan = HDBSCAN(least, min_samples=_DENSE, copy=True)
        found = hdbscan.fit_predict(places)
    else:
        among = embeddings[landmarks]
        # Each is the nearest to itself, which counts too.
        distance = epsilon or max(1e-6, float(np.median(1 - nearest(among, among, least).cosines[:, -1])))
        found = DBSCAN(eps=distance, min_samples=least, metric="cosine").fit_predict(among)
    clusters = np.full(len(embeddings), NONE, dtype=np.intp)
    clusters[landmarks] = found
    rest = np.flatnonzero(clusters == NONE)
    near = nearest(embeddings[rest], embeddings[landmarks], _NEAREST + 1)
    for own, rows, cosines in zip(rest.tolist(), near.rows, near.cosines, strict=True):
        others = (landmarks[rows] != own) & (cosines >= _LEAST_COSINE)
        clusters[own] = _most_of(found[rows[others]][:_NEAREST].tolist())
    return _by_size(clusters)


def _most_of(clusters: list[int]) -> int:
    """Return the cluster of more than half of the nearest templates, or none."""
    best, count = Counter(clusters).most_common(1)[0] if clusters else (NONE, 0)
    return best if 2 * count > _NEAREST else NONE


def _by_size(clusters: Clusters) -> Clusters:
    """Return clusters numbered again, the largest first."""
    sizes = Counter(clusters[clusters != NONE].tolist())
    ranks = {
        old: new for new, (old, _) in enumerate(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))
    }
    return np.array([ranks.get(each, NONE) for each in clusters.tolist()], dtype=np.intp)
