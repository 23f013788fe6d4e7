"""How often each template comes: a few make up most of the stream, in every system.

Formulas over groups of templates that are equally frequent, so that ten million cost no more than ten thousand.
Counts of events are large: what comes with probability p is in n of them with 1 - exp(-n p).
"""

import math
from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.cache import BoundedCache

Floats = npt.NDArray[np.float64]
_STEP = 1.02  # ranks above 50 are taken together, up to 2 % apart
_BISECTIONS = 100


class Traffic(msgspec.Struct, frozen=True):
    """Groups of templates: the share of the events that each template of a group has, and how many there are."""

    shares: Floats
    counts: Floats

    @property
    def templates(self) -> float:
        """How many templates there are."""
        return float(self.counts.sum())

    def distinct(self, events: float) -> float:
        """Return how many templates so many events are of."""
        return float(self.counts @ -np.expm1(-self.shares * events))

    def events_with(self, distinct: float) -> float:
        """Return how many events are of so many templates; infinite if there are no more than that."""
        if distinct >= self.templates:
            return math.inf
        low, high = 0.0, 1.0
        while self.distinct(high) < distinct:
            high *= 2
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.distinct(middle) < distinct else (low, middle)
        return high

    def hit_rate(self, max_entries: int) -> float:
        """Return the share of the events whose template a `BoundedCache` knows, once it is full.

        A generation lasts until so many events have come that they fill it. What was seen in it so far, or in
        the one before, is known: at a place u of a generation of n events, 1 - exp(-p (n + u)); on average over u:
        """
        generation = self.events_with(max_entries // 2)
        if math.isinf(generation):
            return 1.0
        expected = self.shares * generation
        unknown = np.exp(-expected) * -np.expm1(-expected) / expected
        return float((self.counts * self.shares) @ (1 - unknown))


def zipf(systems: int, templates: int, exponent: float) -> Traffic:
    """Return systems that are equally busy, with an equal part of the templates each.

    In each the n-th most frequent template comes in proportion to 1 / n ** exponent.
    """
    edges = [*_edges(max(1, templates // systems))]
    counts = np.diff(edges).astype(np.float64)
    middles = np.sqrt(np.array(edges[:-1], dtype=np.float64) * (np.array(edges[1:]) - 1))
    weights = middles**-exponent
    return Traffic(weights / (weights @ counts) / systems, counts * systems)


def _edges(ranks: int) -> Iterator[int]:
    """Yield the first rank of each group, and the one after the last."""
    rank = 1
    while rank <= ranks:
        yield rank
        rank = max(rank + 1, int(rank * _STEP))
    yield ranks + 1


class Drawn(msgspec.Struct, frozen=True):
    """What became of events that were drawn: distinct templates, and the share that a cache knew when it was full."""

    distinct: int
    hit_rate: float


def draw(traffic: Traffic, events: int, max_entries: int, seed: int = 1) -> Drawn:
    """Draw events one by one and look each up in a cache as the service has it: what the formulas are checked by.

    The second half counts for the hit rate.
    """
    random = np.random.default_rng(seed)
    weights = np.repeat(traffic.shares, traffic.counts.astype(np.int64))
    sums = np.cumsum(weights)
    drawn = np.searchsorted(sums, random.random(events) * sums[-1], side="right")
    cache: BoundedCache[int, bool] = BoundedCache(max_entries)
    hits = 0
    for number, template in enumerate(drawn.tolist()):
        if cache[template]:
            hits += number >= events // 2
        else:
            cache.put(template, True)
    return Drawn(len(np.unique(drawn)), hits / (events - events // 2))
