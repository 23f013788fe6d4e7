"""Which rules to suggest: the one that takes most events, then the one that takes most of the rest, and so on."""

import heapq
from collections.abc import Sequence


def choose(
    covers: Sequence[Sequence[int]], events: Sequence[int], least: int, most: int
) -> list[tuple[int, int]]:
    """Return which of some sets to take, with the events that each adds; the one that adds most comes first.

    ``covers`` are sets of places in ``events``. None is taken that adds fewer than ``least`` events, nor more than
    ``most`` of them. Of equals the first is taken. The greedy choice for maximum coverage, which no quick one beats
    (Nemhauser, Wolsey, Fisher 1978), evaluated lazily (Minoux 1978).
    """
    least = max(least, 1)
    taken: set[int] = set()
    waiting = [(-sum(events[place] for place in set(cover)), number) for number, cover in enumerate(covers)]
    heapq.heapify(waiting)
    chosen: list[tuple[int, int]] = []
    while waiting and len(chosen) < most:
        _, number = heapq.heappop(waiting)
        gain = sum(events[place] for place in set(covers[number]) - taken)
        if gain < least:
            continue
        if waiting and (-gain, number) > waiting[0]:
            heapq.heappush(waiting, (-gain, number))
            continue
        taken.update(covers[number])
        chosen.append((number, gain))
    return chosen
