"""Weight changes of a fine-tuned encoder: small enough to ship, applied on top of the installed weights.

A safetensors file holds, by the names of the transformer's own parameters, in half precision:

- for a changed matrix, shape (out, in): ``name.left``, shape (out, rank), and ``name.right``, shape
  (rank, in), whose product is added to it;
- for a changed vector: ``name``, which is added as it stands.

What the file does not name stays as it was.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from pipeline.errors import BundleError

Weights = Mapping[str, npt.NDArray[np.float32]]

LEFT, RIGHT = ".left", ".right"
_BLOCK = 64


def apply_delta(weights: Weights, content: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """Return weights with the changes in the content of a file added to them.

    Raises:
        BundleError: it cannot be read, or names a weight that is not there in that shape.

    """
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise BundleError(
            f"the encoder's weight changes cannot be read: {error}; make the bundle again with `logsluice train`"
        ) from error
    changes = {name: _change(name, tensors) for name in sorted(_changed(tensors))}
    for name, change in changes.items():
        if name not in weights:
            raise BundleError(
                f"the bundle changes {name!r}, which the encoder does not have: it belongs to another encoder"
            )
        if change.shape != weights[name].shape:
            raise BundleError(
                f"the bundle changes {name!r} in the shape {tuple(change.shape)}, and the encoder's has "
                f"{tuple(weights[name].shape)}: it belongs to another encoder"
            )
    return {**weights, **{name: weights[name] + change for name, change in changes.items()}}


def _changed(tensors: Mapping[str, Any]) -> set[str]:
    return {name.removesuffix(LEFT).removesuffix(RIGHT) for name in tensors}


def _change(name: str, tensors: Mapping[str, npt.NDArray[np.float16]]) -> npt.NDArray[np.float32]:
    if name in tensors:
        return tensors[name].astype(np.float32)
    left, right = tensors.get(name + LEFT), tensors.get(name + RIGHT)
    if left is None or right is None or left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise BundleError(
            f"the bundle holds no two factors of {name!r} that fit together: make it again with `logsluice train`"
        )
    return _product(left.astype(np.float64), right.astype(np.float64))


def _product(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the product of two matrices of half-precision numbers, the same bit for bit on every machine.

    Half precision counts in steps of 2**-24. So in double precision products of two, and sums of them below 32, are
    exact, whatever is added first. Blocks of this size BLAS computes in one thread, which here is quicker than to share
    them out.
    """
    product = np.empty((len(left), right.shape[1]), dtype=np.float32)
    for row in range(0, len(left), _BLOCK):
        for column in range(0, right.shape[1], _BLOCK):
            block = left[row : row + _BLOCK] @ right[:, column : column + _BLOCK]
            product[row : row + _BLOCK, column : column + _BLOCK] = block
    return product
