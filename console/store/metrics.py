"""The metrics of the store. What an alert may use exists, at zero, from the start."""

import threading
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

REASONS = ("unreadable", "deleted")


class StoreMetrics:
    """How far the store is behind, how large it is, and how many templates were new."""

    def __init__(self, registry: CollectorRegistry, labels: Sequence[str]) -> None:
        def gauge(name: str, documentation: str, *label_names: str) -> Gauge:
            return Gauge(f"logsluice_store_{name}", documentation, label_names, registry=registry)

        self.read = Counter(
            "logsluice_store_records_read", "Records read into the store.", ("topic",), registry=registry
        )
        self.missed = Counter(
            "logsluice_store_records_missed",
            "Records that are not counted: no labelled event, or deleted before they were read.",
            ("reason",),
            registry=registry,
        )
        self._events = Counter(
            "logsluice_store_events",
            "Events counted, by whether their template was never seen before the last week.",
            ("template",),
            registry=registry,
        )
        self.behind = gauge("lag", "Records behind the end of a topic.", "topic")
        self.up = gauge("up", "1 while the topics are read into the store.")
        self.templates = gauge("templates", "Templates in the store.")
        self.rows = gauge("rows", "Rows of counts in the store.", "table")
        self.file_bytes = gauge("file_bytes", "Size of the store's file.")
        self.new = NewTemplates(labels)
        registry.register(self.new)
        for reason in REASONS:
            self.missed.labels(reason)
        for template in ("new", "known"):
            self._events.labels(template)

    def count_events(self, events: int, new: int) -> None:
        """Count the events of a batch, of which some have new templates."""
        self._events.labels("new").inc(new)
        self._events.labels("known").inc(events - new)


class NewTemplates(Collector):
    """``logsluice_templates_new_total``: as the store has counted it, so that no restart begins at zero."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(labels, 0)

    def show(self, counts: Mapping[str, int]) -> None:
        """Show how many templates of each label were new, ever."""
        with self._lock:
            self._counts |= counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Return the series of each label."""
        family = CounterMetricFamily(
            "logsluice_templates_new", "Templates never seen before, by their first label.", labels=("label",)
        )
        with self._lock:
            counts = sorted(self._counts.items())
        for label, count in counts:
            family.add_metric((label,), count)
        yield family
