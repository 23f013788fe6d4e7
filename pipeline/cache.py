"""A bounded cache in two generations: as fast as a dictionary, and never larger than it was told."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Keep at most ``max_entries`` values, those used most recently.

    When the young generation is full it becomes the old one, and what is asked for again moves up from there;
    what was not asked for during a whole generation is forgotten. An approximation of LRU without its
    bookkeeping on each hit.
    """

    def __init__(self, max_entries: int) -> None:
        if max_entries < 2:
            raise ValueError("a cache needs room for two entries or more")
        self._generation_size = max_entries // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None when it is not known (any more)."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember a value, forgetting the oldest generation where there is no room."""
        if len(self._young) >= self._generation_size and key not in self._young:
            self._old = self._young
            self._young = {}
        self._young[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._old.clear()
