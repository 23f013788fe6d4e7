"""Append corrections to the learnt templates that a classifier compares others with."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.neighbours import Neighbours
from training.sparse import Sparse

_SAME = 0.02  # of squared lengths near 1; the weights of learnt templates have half precision

Rows = npt.NDArray[np.intp]


class Appended(NamedTuple):
    """Learnt templates, and which row each of the corrections has among them."""

    neighbours: Neighbours
    rows: Rows


def appended(near: Neighbours, corrections: Sparse, labels: npt.NDArray[np.uint8]) -> Appended:
    """Return neighbours that have a row for every correction, with its label.

    ``corrections`` has the weights of their terms, of which those past the terms of ``near`` are new. A template
    that was learnt before keeps its row, and gets the label of its correction. Terms that ``near`` has left out
    because they are common stay out.
    """
    terms = corrections.shape[1]
    ends = np.concatenate([near.ends, np.full(terms + 1 - len(near.ends), near.ends[-1], dtype=np.int32)])
    new = np.arange(terms) >= len(near.ends) - 1
    said = (new | (np.diff(ends) > 0))[corrections.columns]
    columns, rows = corrections.columns[said], corrections.rows[said]
    weights = corrections.values[said]
    wider = Neighbours(near.labels, ends, near.rows, near.weights, near.rarity)
    places, known = _places(wider, columns, rows, weights, corrections.shape[0])
    all_labels = np.concatenate([near.labels, np.zeros(int((~known).sum()), dtype=np.uint8)])
    all_labels[places] = labels
    more = ~known[rows]
    order = np.argsort(columns[more], kind="stable")
    at = ends[columns[more][order] + 1]  # a term's new entries follow those that it has
    counts = np.bincount(columns[more], minlength=terms)
    return Appended(
        Neighbours(
            all_labels,
            (ends + np.concatenate([[0], np.cumsum(counts)])).astype(np.int32),
            np.insert(near.rows, at, places[rows[more]][order].astype(np.int32)),
            np.insert(near.weights, at, weights[more][order].astype(np.float16)),
            near.rarity,
        ),
        places,
    )


def _places(
    near: Neighbours, columns: Rows, rows: Rows, weights: npt.NDArray[np.float64], corrections: int
) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Return the row of every correction, and whether it is one that was learnt before."""
    lengths = np.bincount(near.rows, near.weights.astype(np.float64) ** 2, minlength=len(near.labels))
    places = np.zeros(corrections, dtype=np.intp)
    known = np.zeros(corrections, dtype=bool)
    for row in range(corrections):
        own = rows == row
        length = float((weights[own] ** 2).sum())
        # How far two vectors are from each other, squared, is what their lengths and product say.
        apart = lengths + length - 2 * near.cosines(columns[own], weights[own])
        if len(apart) and length > _SAME and apart.min() < _SAME:
            places[row], known[row] = int(apart.argmin()), True
    places[~known] = len(near.labels) + np.arange(int((~known).sum()))
    return places, known
