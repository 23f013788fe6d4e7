"""What the charts of the pages draw: points in a box of fixed size, which the page scales to its width."""

from collections.abc import Mapping, Sequence
from math import ceil, log10
from typing import NamedTuple

WIDTH, HEIGHT = 960, 220


class Band(NamedTuple):
    """One band of a stacked chart; ``points`` is the outline, as SVG has it."""

    name: str
    points: str


class Stacked(NamedTuple):
    """A stacked chart. ``ticks`` are heights in the box and the number that each stands for, from the top."""

    bands: tuple[Band, ...]
    ticks: tuple[tuple[float, float], ...]
    highest: float


def stacked(series: Mapping[str, Sequence[float]], order: Sequence[str]) -> Stacked:
    """Return series of equal length as bands on each other, the first of ``order`` at the bottom."""
    length = max(map(len, series.values()), default=0)
    sums = [0.0] * length
    tops = [sum(values) for values in zip(*series.values(), strict=True)]
    highest = _round_up(max(tops, default=0))
    bands = []
    for name in order:
        if name not in series or not any(series[name]):
            continue
        lower = list(sums)
        sums = [under + value for under, value in zip(sums, series[name], strict=True)]
        outline = [*_points(sums, highest), *reversed(_points(lower, highest))]
        bands.append(Band(name, " ".join(outline)))
    steps = (1.0, 0.75, 0.5, 0.25) if highest >= 4 else (1.0,)
    return Stacked(tuple(bands), tuple((HEIGHT * (1 - step), highest * step) for step in steps), highest)


def line(values: Sequence[float], width: float, height: float) -> str:
    """Return the points of a small line of values, as SVG has them; 0 is at the bottom."""
    highest = max(values, default=0) or 1
    step = width / max(len(values) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{height * (1 - value / highest):.1f}" for place, value in enumerate(values)
    )


def _points(values: Sequence[float], highest: float) -> list[str]:
    step = WIDTH / max(len(values) - 1, 1)
    return [f"{place * step:.1f},{HEIGHT * (1 - value / highest):.1f}" for place, value in enumerate(values)]


def _round_up(value: float) -> float:
    """Return the least of 1, 2, 4 and 8 times a power of ten that is not below a value, 1 at the least."""
    if value <= 1:
        return 1
    power = 10 ** (ceil(log10(value)) - 1)
    return float(next(factor * power for factor in (1, 2, 4, 8, 10) if factor * power >= value))
