"""A matrix that is mostly zeros, as the words of templates are, and its products with one that is not."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int_]


class Sparse(NamedTuple):
    """A matrix of the given ``shape``: each of ``values`` stands in the row and column of the same place."""

    values: Floats
    rows: Indices
    columns: Indices
    shape: tuple[int, int]

    def times(self, matrix: Floats) -> Floats:
        """Return the product of this with a dense matrix of shape (columns, width): (rows, width)."""
        return _summed(self.shape[0], self.rows, self.values, matrix, self.columns)

    def transposed_times(self, matrix: Floats) -> Floats:
        """Return the product of this, transposed, with a dense matrix of shape (rows, width): (columns, width)."""
        return _summed(self.shape[1], self.columns, self.values, matrix, self.rows)

    def squares(self, shares: Floats) -> Floats:
        """Return for each column the sum of its squares, each multiplied by the share of its row."""
        sums = np.bincount(self.columns, self.values**2 * shares[self.rows], minlength=self.shape[1])
        return sums.astype(np.float64)

    def dense(self) -> Floats:
        """Return the same matrix with its zeros."""
        found = np.zeros(self.shape)
        found[self.rows, self.columns] = self.values
        return found


def _summed(height: int, to: Indices, values: Floats, matrix: Floats, places: Indices) -> Floats:
    """Return rows of a matrix, named by ``places`` and multiplied by ``values``, summed into the rows ``to``."""
    sums = [
        np.bincount(to, values * column[places], minlength=height)
        for column in np.ascontiguousarray(matrix.T)
    ]
    return np.array(sums, dtype=np.float64).T
