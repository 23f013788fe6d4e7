"""The most frequent templates of each label over the last minutes, for /top. They are too many to be metrics."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic

import msgspec

from consumer.telemetry.counts import VerdictCounts

WINDOW_MINUTES = 10
KEPT = 200
"""Templates of a label that are kept for each minute; the events of all others are only counted."""

_TEMPLATE_CHARS = 1_000
_SOURCE_CHARS = 200


class TopTemplate(msgspec.Struct, frozen=True, gc=False):
    """A template and how many events of it came in the window; ``source`` wrote one of the latest of them."""

    label: str
    count: int
    source: str
    template: str


class _Minute:
    """The templates of one minute, by label: how many events, and the source of one of the latest."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.templates: dict[str, dict[str, tuple[int, str]]] = {}
        self.others: Counter[str] = Counter()

    def prune(self, more_than: int) -> None:
        """Keep the most frequent templates of each label that has too many."""
        for label, templates in self.templates.items():
            if len(templates) > more_than:
                ranked = sorted(templates.items(), key=lambda item: item[1][0], reverse=True)
                self.templates[label] = dict(ranked[:KEPT])
                self.others[label] += sum(count for _, (count, _) in ranked[KEPT:])


class TopTemplates:
    """Counts templates a batch at a time, within bounds. Safe to use from any thread.

    ``labels`` is the taxonomy. A template that is rare among very many may be counted too low, never too high.
    """

    def __init__(self, labels: Sequence[str], clock: Callable[[], float] = monotonic) -> None:
        self._labels = frozenset(labels)
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: list[_Minute] = []

    def add_labels(self, labels: Sequence[str]) -> None:
        """Allow more labels to be asked for."""
        self._labels |= frozenset(labels)

    @property
    def labels(self) -> frozenset[str]:
        """The labels that may be asked for."""
        return self._labels

    def count(self, batch: VerdictCounts) -> None:
        """Count a batch."""
        with self._lock:
            minute = self._current()
            for verdict, source, count in batch:
                templates = minute.templates.setdefault(verdict.label, {})
                template = verdict.template[:_TEMPLATE_CHARS]
                known = templates.get(template)
                templates[template] = (count + known[0] if known else count, source[:_SOURCE_CHARS])
            minute.prune(2 * KEPT)

    def most_frequent(self, labels: frozenset[str], limit: int) -> tuple[list[TopTemplate], int]:
        """Return the ``limit`` most frequent templates of each label, and how many other events the labels had.

        The other events are those of further templates, and those whose templates were too many to keep.
        """
        with self._lock:
            self._current()
            # What a dictionary holds is never changed, only replaced: copies of the outermost layers will do.
            minutes = [
                (label, dict(templates), minute.others[label])
                for minute in self._minutes
                for label, templates in minute.templates.items()
                if label in labels
            ]
        merged: dict[str, dict[str, tuple[int, str]]] = {label: {} for label in labels}
        other = 0
        for label, templates, others in minutes:
            other += others
            into = merged[label]
            for template, (count, source) in templates.items():
                into[template] = (count + into[template][0] if template in into else count, source)
        top = []
        for label, templates in merged.items():
            ranked = sorted(templates.items(), key=lambda item: (-item[1][0], item[0]))
            top += [
                TopTemplate(label, count, source, template) for template, (count, source) in ranked[:limit]
            ]
            other += sum(count for _, (count, _) in ranked[limit:])
        return sorted(top, key=lambda each: (-each.count, each.label, each.template)), other

    def _current(self) -> _Minute:
        """Return the current minute; those that have left the window are dropped."""
        number = int(self._clock() // 60)
        if not self._minutes or self._minutes[-1].number != number:
            if self._minutes:
                self._minutes[-1].prune(KEPT)
            self._minutes.append(_Minute(number))
            self._minutes = [each for each in self._minutes if each.number > number - WINDOW_MINUTES]
        return self._minutes[-1]
