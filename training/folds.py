"""Folds of systems: what a classifier is judged on comes from systems that it has not learnt from."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from training.rows import Row, TrainingDataError

Grouping = Literal["kind of system", "source", "template"]
Indices = npt.NDArray[np.int_]


class Folds(NamedTuple):
    """Pairs of (train, test) row numbers; what is in no two folds at once; and the group of each row."""

    splits: list[tuple[Indices, Indices]]
    grouping: Grouping
    groups: Indices


def grouped_folds(rows: Sequence[Row], folds: int, seed: int) -> Folds:
    """Return folds by kind of system where kinds are known, else by source.

    Rows of one source leave nothing but to split by template: how the model does on other systems is then
    not known. Rows are distinct templates, so that no template is on both sides of a split.

    Raises:
        TrainingDataError: without one of the folds a single label is left to learn.
    """
    labels = [row.label for row in rows]
    grouping: Grouping = "kind of system" if any(row.kind for row in rows) else "source"
    groups: Indices = np.unique([row.kind or row.source for row in rows], return_inverse=True)[1]
    splits = split(labels, groups, folds, seed)
    if groups.max() == 0:
        grouping, groups = "template", np.arange(len(rows))
    for train, _ in splits:
        left = {labels[i] for i in train}
        if len(left) < 2:
            raise TrainingDataError(
                f"labels and sources go together: without the rows held out by {grouping} only "
                f"{', '.join(left)} is left to learn; more sources that have several labels are needed"
            )
    return Folds(splits, grouping, groups)


def split(labels: Sequence[str], groups: Indices, folds: int, seed: int) -> list[tuple[Indices, Indices]]:
    """Return pairs of (train, test) row numbers with no group on both sides; by row if there is one group."""
    random = np.random.RandomState(seed)
    names = np.unique(groups)
    if len(names) > 1:
        parts = np.array_split(random.permutation(names), min(folds, len(names)))
        return _pairs([np.isin(groups, part) for part in parts])
    truth = np.unique(labels, return_inverse=True)[1]
    number = min(folds, max(2, int(np.bincount(truth).min())))
    # Dealt out label by label, so that each part has its share of every label.
    dealt = np.empty(len(truth), dtype=int)
    dealt[np.argsort(truth, kind="stable")] = np.arange(len(truth)) % number
    for label in range(truth.max() + 1):
        dealt[truth == label] = random.permutation(dealt[truth == label])
    return _pairs([dealt == part for part in range(number)])


def _pairs(parts: Sequence[npt.NDArray[np.bool_]]) -> list[tuple[Indices, Indices]]:
    return [(np.flatnonzero(~part), np.flatnonzero(part)) for part in parts]


def sample(rows: Sequence[Row], size: int | None, seed: int) -> list[Row]:
    """Return at most so many rows, drawn at random, in the order in which they were."""
    if size is None or size >= len(rows):
        return list(rows)
    return [rows[i] for i in sorted(np.random.default_rng(seed).choice(len(rows), size, replace=False))]
