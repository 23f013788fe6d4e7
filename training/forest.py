"""The second model of a bundle trained with ``--second-opinion``: a random forest of scikit-learn, as arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier

from pipeline.forest import Forest
from training.sparse import Sparse

_TREES = 100


def fit_forest(
    words: Sparse, embeddings: npt.NDArray[np.float32], labels: Sequence[str], seed: int
) -> Forest:
    """Return a forest that tells the labels of rows apart by their words and embeddings, side by side.

    A forest errs in other places than two linear models do, which is what makes its agreement worth having.
    """
    model = RandomForestClassifier(_TREES, min_samples_leaf=2, random_state=seed)
    return arrays(model.fit(joined(words, embeddings), labels))


def joined(words: Sparse, embeddings: npt.NDArray[np.float32]) -> sparse.csr_matrix:
    """Return features by words and by embedding side by side."""
    by_words = sparse.csr_matrix(
        (words.values.astype(np.float32), (words.rows, words.columns)), shape=words.shape
    )
    return sparse.hstack([by_words, sparse.csr_matrix(embeddings)], format="csr")


def arrays(model: RandomForestClassifier) -> Forest:
    """Return a random forest, its trees one behind the other."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])]).astype(np.int32)
    feature = np.concatenate([tree.feature for tree in trees]).astype(np.int32)
    return Forest(
        roots=roots,
        feature=np.where(feature < 0, np.int32(-1), feature),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=np.concatenate([tree.children_left + root for tree, root in zip(trees, roots, strict=True)]),
        right=np.concatenate([tree.children_right + root for tree, root in zip(trees, roots, strict=True)]),
        shares=np.concatenate([tree.value[:, 0] for tree in trees]).astype(np.float32),
    )
