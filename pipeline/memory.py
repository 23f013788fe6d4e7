"""The verdict memory: what an LLM or a person has already said of a template."""

import threading
from typing import Literal

import msgspec

from pipeline.cache import BoundedCache, weight_of

By = Literal["person", "model"]
ANY_SOURCE = "*"
"""The source of a person's verdict that holds for every source."""


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """A verdict as it is remembered: its label, how sure, who gave it, and when (ms since the epoch)."""

    label: str
    confidence: float
    by: By
    at_ms: int = 0


class VerdictMemory:
    """Verdicts by (template, source), bounded: a model's that are not asked for the longest are forgotten first.

    A person outranks a model, and a person's verdict on one source outranks that on any source; of the same rank
    the newest stands. ``version`` changes with every change of content, so that whoever caches what the memory
    said can see when to ask again. Safe to use from several threads.
    """

    def __init__(self, max_entries: int = 200_000) -> None:
        self._lock = threading.Lock()
        self._by_person: dict[tuple[str, str], Remembered] = {}
        self._by_model: BoundedCache[tuple[str, str], Remembered] = BoundedCache(
            max_entries, lambda key, verdict: weight_of(key[0])
        )
        self._max_entries = max_entries
        self.version = 0

    def __len__(self) -> int:
        return len(self._by_person) + len(self._by_model)

    def get(self, template: str, source: str) -> Remembered | None:
        """Return what is known of a template from a source, a person's word first."""
        if not self:
            return None
        key = (template, source)
        with self._lock:
            return (
                self._by_person.get(key) or self._by_person.get((template, ANY_SOURCE)) or self._by_model[key]
            )

    def put(self, template: str, source: str, verdict: Remembered) -> None:
        """Remember a verdict, unless a newer one of the same rank is there.

        Raises:
            OverflowError: there are more corrections by people than the memory may hold; they are never
                forgotten.
        """
        key = (template, source)
        with self._lock:
            known = self._by_person.get(key) if verdict.by == "person" else self._by_model[key]
            if known is not None and (known == verdict or known.at_ms > verdict.at_ms):
                return
            if verdict.by == "model":
                self._by_model.put(key, verdict)
            elif known is None and len(self._by_person) >= self._max_entries:
                raise OverflowError(f"more than {self._max_entries} corrections")
            else:
                self._by_person[key] = verdict
            self.version += 1

    def forget(self, template: str, source: str, by: By) -> None:
        """Forget what a person, or a model, said of a template from a source."""
        key = (template, source)
        with self._lock:
            if by == "person":
                self._by_person.pop(key, None)
            else:
                self._by_model.forget(key)
            self.version += 1
