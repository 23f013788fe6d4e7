"""How many events have templates that the bundle was not trained for: worded in words that it has not learnt."""

import threading
from collections import Counter as Count
from collections.abc import Container, Sequence

from prometheus_client import CollectorRegistry, Counter

from consumer.telemetry.counts import VerdictCounts
from pipeline.cache import BoundedCache, weight_of
from pipeline.familiar import familiar

_REMEMBERED = 100_000


class Novelty:
    """Counts events by whether their template is familiar. Safe to use from any thread.

    A template is looked at once, for some microseconds, and remembered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lock = threading.Lock()
        self._learnt: Container[str] | None = None
        self._familiar = _remembered()
        self._unfamiliar = Counter(
            "logsluice_events_unfamiliar",
            "Labelled events whose template has few words that the bundle was trained on.",
            ("label",),
            registry=registry,
        )

    def add_labels(self, labels: Sequence[str]) -> None:
        """Make the series of a taxonomy, at zero."""
        for label in labels:
            self._unfamiliar.labels(label)

    def learn(self, learnt: Container[str] | None) -> None:
        """Take the words that the bundle in use has learnt; None where it does not tell, and nothing is counted."""
        with self._lock:
            self._learnt, self._familiar = learnt, _remembered()

    def count(self, batch: VerdictCounts) -> None:
        """Count a batch: a look-up for each distinct verdict of it."""
        unfamiliar: Count[str] = Count()
        with self._lock:
            if self._learnt is None:
                return
            for verdict, _, count in batch:
                known = self._familiar[verdict.template]
                if known is None:
                    known = familiar(verdict.template, self._learnt)
                    self._familiar.put(verdict.template, known)
                if not known:
                    unfamiliar[verdict.label] += count
        for label, count in unfamiliar.items():
            self._unfamiliar.labels(label).inc(count)


def _remembered() -> BoundedCache[str, bool]:
    return BoundedCache(_REMEMBERED, lambda template, _: weight_of(template))
