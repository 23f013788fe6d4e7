"""A bounded cache in two generations: as fast as a dictionary, and never larger than it was told."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V | None]):
    """Keep at most ``max_entries`` values, those used most recently.

    ``cache[key]`` is None for what is not known; ``get`` sees only half of the cache and is not for use.

    The dictionary itself is the young generation, so that what is asked for often costs no more than a dictionary's
    own lookup. When it is full it becomes the old one, and what is asked for again moves up from there; what was not
    asked for during a whole generation is forgotten. An approximation of LRU without its bookkeeping on each hit.
    """

    def __init__(self, max_entries: int) -> None:
        if max_entries < 2:
            raise ValueError("a cache needs room for two entries or more")
        super().__init__()
        self._generation_size = max_entries // 2
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
        if super().__len__() >= self._generation_size and key not in self:
            self._old = dict(self)
            super().clear()
        self[key] = value

    def forget(self, key: K) -> None:
        """Forget one value, if it is known."""
        self.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._old.clear()
