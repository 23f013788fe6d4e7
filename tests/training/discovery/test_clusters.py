"""Places on a map, clusters of them, and what the clusters are called."""

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.missing import skip_in_words
from training.discovery.clusters import NONE, Way, cluster, default_size
from training.discovery.names import telling_words
from training.discovery.nearest import nearest
from training.discovery.projection import Method, Projection, has_umap, project, require, sentence

GROUPS, EACH = 4, 15


def heap(groups: int = GROUPS, each: int = EACH) -> npt.NDArray[np.float32]:
    """Embeddings in so many tight groups, one group behind the other."""
    random = np.random.default_rng(3)
    middles = np.repeat(np.eye(16, dtype=np.float32)[:groups], each, axis=0)
    rows = middles + random.normal(0, 0.05, middles.shape)
    unit: npt.NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def same_groups(clusters: npt.NDArray[np.intp], groups: int, each: int) -> bool:
    """Return whether nearly all of a group are in one cluster, and the groups in different ones."""
    most = []
    for start in range(0, groups * each, each):
        values, counts = np.unique(clusters[start : start + each], return_counts=True)
        most.append(int(values[counts.argmax()]))
        if counts.max() < 0.8 * each:
            return False
    return len(set(most)) == groups and NONE not in most


@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_what_is_alike_is_near_and_the_same_seed_gives_the_same_map(method: Method) -> None:
    if method == "umap" and not has_umap():
        skip_in_words(
            "maps by UMAP are not tested: umap-learn is not installed (pip install 'logsluice[discover]')"
        )
    rows = heap()
    first, again = project(rows, method, 7), project(rows, method, 7)
    assert np.array_equal(first.places, again.places)
    assert first.places.shape == (len(rows), 2)
    assert first.places.min() >= 0
    assert first.places.max() <= 1
    groups = first.places.reshape(GROUPS, EACH, 2)
    spread = np.linalg.norm(groups - groups.mean(axis=1, keepdims=True), axis=2).mean()
    apart = np.linalg.norm(groups.mean(axis=1)[:, None] - groups.mean(axis=1)[None], axis=2)
    assert spread < apart[apart > 0].mean() / 2


@pytest.mark.parametrize(("way", "epsilon"), [("hdbscan", None), ("dbscan", 0.15), ("dbscan", None)])
def test_groups_become_clusters(way: Way, epsilon: float | None) -> None:
    rows = heap()
    clusters = cluster(rows, project(rows, "tsne", 1), way, 5, epsilon)
    assert same_groups(clusters, GROUPS, EACH)


def test_more_templates_than_are_placed_are_put_next_to_those_like_them() -> None:
    rows = heap(each=60)
    projection = project(rows, "tsne", 1, most=120)
    assert (
        sentence(projection)
        == "120 templates projected by t-SNE of scikit-learn, the other 120 put next to the likest"
    )
    assert same_groups(cluster(rows, projection, "hdbscan", 5, 0.15), GROUPS, 60)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_few_templates_have_places_and_no_clusters(count: int) -> None:
    rows = heap()[:count]
    projection = project(rows, "tsne", 1)
    assert projection.method == "pca"
    assert projection.places.shape == (count, 2)
    assert np.isfinite(projection.places).all()
    assert cluster(rows, projection, "hdbscan", 10, 0.15).tolist() == [NONE] * count


def test_templates_that_are_all_the_same_are_no_error() -> None:
    rows = np.repeat(heap()[:1], 30, axis=0)
    projection = project(rows, "tsne", 1)
    assert np.isfinite(projection.places).all()
    assert len(cluster(rows, projection, "hdbscan", 5, 0.15)) == 30


def test_the_largest_cluster_is_the_first() -> None:
    rows = np.concatenate([heap()[:10], heap()[15:30], heap()[30:32]])
    all_of_them = np.arange(len(rows))
    projection = Projection(np.zeros((len(rows), 2), dtype=np.float32), "pca", all_of_them)
    clusters = cluster(rows, projection, "dbscan", 5, 0.15).tolist()
    assert clusters == [1] * 10 + [0] * 15 + [NONE] * 2


def test_the_least_size_grows_with_the_heap() -> None:
    assert [default_size(count) for count in (1, 5_000, 100_000)] == [5, 5, 100]


def test_the_nearest_are_exact_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = heap()
    whole = nearest(rows, rows, 4).rows
    monkeypatch.setattr("training.discovery.nearest._CELLS", 7)
    assert np.array_equal(nearest(rows, rows, 4).rows, whole)
    assert whole[:, 0].tolist() == list(range(len(rows)))
    assert nearest(rows, rows[:2], 4).cosines.shape == (len(rows), 2)


def test_a_missing_package_is_named_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.discovery.projection.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as raised:
        require("umap")
    assert raised.value.name == "sklearn"


def test_a_cluster_is_named_by_the_words_that_the_others_lack() -> None:
    templates = [
        "Login failed for user <user> on the host",
        "Login failed for admin on the host",
        "Disk <num> is full on the host",
        "Disk quota is full on the host",
        "Nothing like it",
    ]
    words = telling_words(templates, [0, 0, 1, 1, NONE])
    assert words.keys() == {0, 1}
    assert set(words[0][:2]) == {"login", "failed"}
    assert set(words[1][:2]) == {"disk", "full"}
    assert not {"host", "num", "the"} & {*words[0][:2], *words[1][:2]}
