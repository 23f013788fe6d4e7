"""Fitted models of scikit-learn as the arrays that a bundle holds."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from pipeline.classifier import Linear
from pipeline.forest import Forest


def linear(model: LogisticRegression) -> Linear:
    """Return a logistic regression, a column for each label."""
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # of two labels scikit-learn keeps the difference alone
        weights, bias = (
            np.vstack([np.zeros_like(weights), weights]),
            np.concatenate([np.zeros_like(bias), bias]),
        )
    return Linear(np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32))


def forest(model: RandomForestClassifier) -> Forest:
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
