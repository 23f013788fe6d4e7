"""A bounded cache in two generations: as fast as a dictionary, and never larger than its limit."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


_ORDINARY_LENGTH = 256


def weight_of(text: str | bytes) -> int:
    """Return for how many entries a text counts: 16,000 characters take the room of many a short one."""
    return 1 + len(text) // _ORDINARY_LENGTH


class BoundedCache(dict[K, V | None]):
    """Keep at most ``max_entries`` values, those used most recently; fewer where ``weigh`` counts some for several.

    ``cache[key]`` is None for what is not known; ``get`` sees only half of the cache and is not for use.

    The dictionary itself is the young generation, so that what is asked for often costs no more than a dictionary's
    own lookup. When it is full it becomes the old one, and what is asked for again moves up from there; what was not
    asked for during a whole generation is forgotten. An approximation of LRU without its bookkeeping on each hit.
    """

    def __init__(self, max_entries: int, weigh: Callable[[K, V], int] | None = None) -> None:
        if max_entries < 2:
            raise ValueError("a cache needs room for two entries or more")
        super().__init__()
        self._generation_size = max_entries // 2
        self._weigh = weigh
        self._weight = 0
        self._old: dict[K, V | None] = {}

    def __len__(self) -> int:
        return super().__len__() + len(self._old)

    def __missing__(self, key: K) -> V | None:
        value = self._old.pop(key, None)
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember a value, forgetting the oldest generation where there is no room."""
        if key not in self:
            weight = 1 if self._weigh is None else self._weigh(key, value)
            if self._weight + weight > self._generation_size:
                self._old = dict(self)
                super().clear()
                self._weight = 0
            self._weight += weight
        self[key] = value

    def forget(self, key: K) -> None:
        """Forget one value, if it is known. Its room is free when its generation ends."""
        self.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._old.clear()
        self._weight = 0
