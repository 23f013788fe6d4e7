"""What a shadow bundle says of the templates that the live one labels: counted by event, the differences kept."""

import threading
from collections import Counter as Count
from collections.abc import Iterable, Sequence

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge

from consumer.telemetry.counts import VerdictCounts
from pipeline.cache import BoundedCache, weight_of
from pipeline.verdict import Tier, Verdict

Decided = tuple[str, str | None]
"""A template, and the live bundle's rule that matched, if one did: a rule may tell apart events of one template."""

MOST_SERIES = 2_500
"""Pairs of labels that have series of their own; beyond that, all that differs from a label is `ANOTHER`."""
ANOTHER = "another"
KEPT = 1_000
"""Differences that are kept, those with the most events."""
_TEMPLATE_CHARS, _SOURCE_CHARS = 1_000, 200
_SAID_BY_OTHERS: frozenset[Tier] = frozenset(("memory", "llm"))
_YES_NO = {True: "yes", False: "no"}


class Opinion(msgspec.Struct, frozen=True, gc=False):
    """What the shadow bundle says of a template; `Unclassified` with ``best_guess`` where it is not sure."""

    label: str
    confidence: float
    tier: Tier
    best_guess: str | None = None


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A template that the bundles label differently, and its events since then; ``source`` wrote one of the latest."""

    label: str
    tier: Tier
    shadow: Opinion
    count: int
    source: str
    template: str


class Comparison:
    """Counts how often two bundles agree, by event. Safe to use from any thread; costs nothing before `begin`.

    ``labels`` is the live taxonomy. As many templates are remembered as ``max_templates``.
    """

    def __init__(
        self, registry: CollectorRegistry, labels: Sequence[str], max_templates: int = 200_000
    ) -> None:
        self.version: str | None = None
        """The shadow bundle that is compared with; None while there is none."""
        self._lock = threading.Lock()
        self._live: tuple[str, ...] = ()
        self._shadow: tuple[str, ...] = ()
        self._pairs = False
        self._opinions = _opinions(2)
        self._differences: dict[tuple[str, str | None, str], Difference] = {}

        def counter(name: str, documentation: str, *label_names: str) -> Counter:
            return Counter(f"logsluice_shadow_{name}", documentation, label_names, registry=registry)

        def gauge(name: str, documentation: str, *label_names: str) -> Gauge:
            return Gauge(f"logsluice_shadow_{name}", documentation, label_names, registry=registry)

        self._events = counter(
            "events",
            "Events that the live bundle labelled, by its label and the shadow's.",
            *("label", "shadow", "agrees"),
        )
        self._given = counter(
            "events_given", "Events labelled by a person or an LLM, by whether the shadow agrees.", "agrees"
        )
        self._unknown = counter("events_unknown", "Events whose template the shadow has not labelled yet.")
        self._templates = counter(
            "templates",
            "Templates that the shadow has labelled, by whether the live label is the same.",
            "agrees",
        )
        self.dropped = counter("templates_dropped", "Templates that there was no room for in the queue.")
        self.seconds = counter("seconds", "Time that the shadow has worked for.")
        self.loads = counter("loads", "Shadow bundles loaded, by outcome.", "outcome")
        self.queue = gauge("queue", "Templates that wait for the shadow.")
        self.bundle_info = gauge("bundle_info", "1 for the shadow bundle in use.", "bundle")
        for agrees in _YES_NO.values():
            self._given.labels(agrees)
            self._templates.labels(agrees)
        for outcome in ("done", "refused"):
            self.loads.labels(outcome)
        self.add_labels(labels)

    def add_labels(self, labels: Sequence[str]) -> None:
        """Make the series of a live taxonomy, at zero; differences from another bundle before it are forgotten."""
        with self._lock:
            self._live = tuple(dict.fromkeys((*self._live, *labels)))
            self._differences = {}
            self._make_series()

    def begin(self, version: str, labels: Sequence[str], max_templates: int) -> None:
        """Compare with a bundle of these labels from now on; what it says of so many templates is remembered.

        What another one said is forgotten.
        """
        with self._lock:
            self._opinions = _opinions(max_templates)
            self._differences = {}
            self._shadow = tuple(dict.fromkeys((*self._shadow, *labels)))
            self._make_series()
            self.version = version
        self.bundle_info.clear()
        self.bundle_info.labels(version).set(1)
        self.loads.labels("done").inc()

    def is_known(self, decided: Decided) -> bool:
        """Return whether there is an opinion already."""
        with self._lock:
            return self._opinions[decided] is not None

    def put(self, live: Verdict, opinion: Opinion) -> None:
        """Remember what the shadow says of a template."""
        with self._lock:
            self._opinions.put(decided_as(live), opinion)
        self._templates.labels(_YES_NO[opinion.label == live.label]).inc()

    def count(self, batch: VerdictCounts) -> None:
        """Count a batch: a look-up for each distinct verdict of it."""
        if self.version is None:
            return
        events: Count[tuple[str, str]] = Count()
        given: Count[bool] = Count()
        unknown = 0
        with self._lock:
            for live, source, count in batch:
                opinion = self._opinions[live.template, live.rule]
                if opinion is None:
                    unknown += count
                    continue
                agrees = opinion.label == live.label
                if live.tier in _SAID_BY_OTHERS:
                    given[agrees] += count
                else:
                    events[live.label, opinion.label if agrees or self._pairs else ANOTHER] += count
                if not agrees:
                    self._note(live, opinion, source, count)
            if len(self._differences) > 2 * KEPT:
                self._differences = {each[0]: each[1] for each in self._ranked()[:KEPT]}
        self._unknown.inc(unknown)
        for agrees, count in given.items():
            self._given.labels(_YES_NO[agrees]).inc(count)
        for pair, count in events.items():
            self._series(*pair).inc(count)

    def differences(self, limit: int) -> tuple[list[Difference], int]:
        """Return the differences with the most events, and how many others are kept."""
        with self._lock:
            ranked = self._ranked()
        return [difference for _, difference in ranked[:limit]], max(0, len(ranked) - limit)

    def _note(self, live: Verdict, opinion: Opinion, source: str, count: int) -> None:
        key = (live.template[:_TEMPLATE_CHARS], live.rule, live.label)
        known = self._differences.get(key)
        self._differences[key] = Difference(
            live.label,
            live.tier,
            opinion,
            count + (known.count if known else 0),
            source[:_SOURCE_CHARS],
            key[0],
        )

    def _ranked(self) -> list[tuple[tuple[str, str | None, str], Difference]]:
        return sorted(self._differences.items(), key=lambda each: (-each[1].count, each[0][0], each[0][2]))

    def _make_series(self) -> None:
        shadow = self._shadow or self._live
        self._pairs = len(self._live) * len(shadow) <= MOST_SERIES
        for label in self._live:
            shown: Iterable[str] = shadow if self._pairs else (label, ANOTHER)
            for other in shown:
                self._series(label, other)

    def _series(self, label: str, shadow: str) -> Counter:
        return self._events.labels(label, shadow, _YES_NO[label == shadow])


def _opinions(max_templates: int) -> BoundedCache[Decided, Opinion]:
    return BoundedCache(max_templates, lambda decided, _: weight_of(decided[0]))


def decided_as(live: Verdict) -> Decided:
    """Return by what a live verdict and the shadow's opinion are brought together."""
    return live.template, live.rule
