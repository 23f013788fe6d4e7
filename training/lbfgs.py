"""The minimum of a smooth convex function, by L-BFGS (Nocedal and Wright, Numerical Optimization, 7.2)."""

from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Function = Callable[[Floats], tuple[float, Floats]]
"""A point in; its value and its gradient out."""

_MEMORY = 10
_ENOUGH = 1e-4  # of the decrease that the slope promises
_SMALLEST_STEP = 1e-10


def minimum(function: Function, start: Floats, tolerance: float, most: int) -> Floats:
    """Return the point, shape (n,), where no part of the gradient is above ``tolerance``.

    Or the best point found in ``most`` steps, or where rounding leaves no better one to find.
    """
    point = start
    value, gradient = function(point)
    changes: deque[tuple[Floats, Floats]] = deque(maxlen=_MEMORY)
    for _ in range(most):
        if np.abs(gradient).max() <= tolerance:
            break
        direction = -_scaled(gradient, changes)
        slope = float(gradient @ direction)
        step = 1.0 if changes else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        while step > _SMALLEST_STEP:
            there = point + step * direction
            new_value, new_gradient = function(there)
            if new_value <= value + _ENOUGH * step * slope:
                break
            step /= 2
        else:
            break
        if (there - point) @ (new_gradient - gradient) > 0:
            changes.append((there - point, new_gradient - gradient))
        point, value, gradient = there, new_value, new_gradient
    return point


def _scaled(gradient: Floats, changes: deque[tuple[Floats, Floats]]) -> Floats:
    """Return the product of a gradient with the inverse curvature that changes of point and gradient show."""
    result = gradient.copy()
    shares = []
    for moved, turned in reversed(changes):
        share = (moved @ result) / (moved @ turned)
        result -= share * turned
        shares.append(share)
    if changes:
        moved, turned = changes[-1]
        result *= (moved @ turned) / (turned @ turned)
    for (moved, turned), share in zip(changes, reversed(shares), strict=True):
        result += moved * (share - (turned @ result) / (moved @ turned))
    return result
