"""The verdict memory: what an LLM or a person has already said of a template."""

from typing import Literal

import msgspec

from pipeline.cache import BoundedCache

By = Literal["person", "model"]


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """A verdict as it is remembered: its label, how sure, and who gave it."""

    label: str
    confidence: float
    by: By


class VerdictMemory:
    """Verdicts by (template, source), bounded: those not asked for the longest are forgotten first.

    A person outranks a model: what a person said is replaced only by a person. ``version`` changes with every
    change of content, so that whoever caches what the memory said can see when to ask again.
    """

    def __init__(self, max_entries: int = 200_000) -> None:
        self._by_person: dict[tuple[str, str], Remembered] = {}
        self._by_model: BoundedCache[tuple[str, str], Remembered] = BoundedCache(max_entries)
        self._max_entries = max_entries
        self.version = 0

    def __len__(self) -> int:
        return len(self._by_person) + len(self._by_model)

    def get(self, template: str, source: str) -> Remembered | None:
        """Return what is known of a template from a source, a person's word first."""
        if not self:
            return None
        key = (template, source)
        return self._by_person.get(key) or self._by_model[key]

    def put(self, template: str, source: str, verdict: Remembered) -> None:
        """Remember a verdict.

        Raises:
            OverflowError: there are more corrections by people than the memory may hold; they are never
                forgotten.
        """
        key = (template, source)
        if verdict.by == "person":
            if len(self._by_person) >= self._max_entries and key not in self._by_person:
                raise OverflowError(f"more than {self._max_entries} corrections")
            self._by_person[key] = verdict
        else:
            self._by_model.put(key, verdict)
        self.version += 1
