"""Events in, templates with their counts out, in bounded memory."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.event import Event
from pipeline.recogniser import Recogniser
from pipeline.rules import Rule, RuleSet

HELD = 1_000_000
"""Kinds of events that are counted at once; a kind takes some 500 bytes."""


class Kind(NamedTuple):
    """Events that get the same verdict: the rule that matches, the source and the template."""

    rule: Rule | None
    source: str
    template: str


class Kept(NamedTuple):
    """The templates that were kept, the most frequent first, and what was left out.

    ``kinds`` are those of each template, each with an event of it and how many there are.
    """

    kinds: dict[str, list[tuple[Event, int]]]
    events: int
    templates: int
    left_out_events: int


class Heap:
    """Counts the kinds of events. Of each kind it holds one event, to be labelled by."""

    def __init__(self, rules: RuleSet, held: int = HELD) -> None:
        self._recogniser = Recogniser(rules)
        self._held = held
        self._counts: Counter[Kind] = Counter()
        self._first: dict[Kind, Event] = {}
        self.events = 0
        self.forgotten = 0
        """Events of kinds that were too rare to be held."""

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, events: Sequence[Event]) -> None:
        """Count events.

        Where there are more kinds than can be held, those that were seen least are forgotten, until half are left. A
        kind that makes up a fair share of the heap is never among them: this is lossy counting (Manku and Motwani,
        Approximate Frequency Counts over Data Streams, VLDB 2002), with buckets as large as memory allows.
        """
        for event, (rule, template) in zip(events, self._recogniser.recognise(events), strict=True):
            kind = Kind(rule, event.source, template)
            self._counts[kind] += 1
            if kind not in self._first:
                self._first[kind] = event
        self.events += len(events)
        if len(self._counts) > self._held:
            self._forget()

    def _forget(self) -> None:
        for kind, count in self._counts.most_common()[self._held // 2 :]:
            self.forgotten += count
            del self._counts[kind], self._first[kind]

    def kept(self, most: int) -> Kept:
        """Return the most frequent templates, ``most`` of them at most; of equals the one that was seen first."""
        totals: Counter[str] = Counter()
        for kind, count in self._counts.items():
            totals[kind.template] += count
        kinds: dict[str, list[tuple[Event, int]]] = {template: [] for template, _ in totals.most_common(most)}
        counted = 0
        for kind, count in self._counts.items():
            if kind.template in kinds:
                kinds[kind.template].append((self._first[kind], count))
                counted += count
        return Kept(kinds, self.events, len(totals), self.events - counted)
