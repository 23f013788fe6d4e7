"""Every metric, in one place. Base units; what an alert may use exists, at zero, from the start."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from consumer.decoding import REASONS
from pipeline.event import Event
from pipeline.verdict import TIERS, Verdict

Lane = Literal["fast", "slow"]
Stage = Literal["consume", "decode", "label", "publish", "flush", "commit"]
OTHER_SOURCE = "other"

_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_AGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class AgeHistogram(Collector):
    """A histogram that is fed a batch at a time; a call per event would cost more than labelling it."""

    def __init__(self, name: str, documentation: str, buckets: Sequence[float]) -> None:
        self._name = name
        self._documentation = documentation
        self._edges = np.array(buckets)
        self._counts = np.zeros(len(buckets) + 1, dtype=np.int64)
        self._sum = 0.0

    def observe(self, values: npt.NDArray[np.float64]) -> None:
        """Count values, in seconds."""
        places = np.searchsorted(self._edges, values, side="left")
        self._counts += np.bincount(places, minlength=len(self._counts))
        self._sum += float(values.sum())

    def collect(self) -> Iterable[Metric]:
        """Return the histogram as it stands, for a scrape."""
        cumulative = self._counts.cumsum()
        bounds = [*(str(float(edge)) for edge in self._edges), "+Inf"]
        buckets = [(bound, float(count)) for bound, count in zip(bounds, cumulative, strict=True)]
        yield HistogramMetricFamily(self._name, self._documentation, buckets=buckets, sum_value=self._sum)


class Metrics:
    """The metrics of one process. ``labels`` is the taxonomy, `Unclassified` included."""

    def __init__(self, labels: Sequence[str], sources: Sequence[str] = ()) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._sources = frozenset(sources)

        def counter(name: str, documentation: str, *label_names: str) -> Counter:
            return Counter(f"logsluice_{name}", documentation, label_names, registry=self.registry)

        def gauge(name: str, documentation: str, *label_names: str) -> Gauge:
            return Gauge(f"logsluice_{name}", documentation, label_names, registry=self.registry)

        self.consumed = counter("events_consumed", "Events taken from the input topics.", "lane")
        self.labelled = counter(
            "events_labelled", "Events published with a label.", "label", "tier", "source"
        )
        self.pending = counter("events_pending", "Events sent to the pending topic, to wait for the LLM.")
        self.dead = counter("dead_letters", "Events sent to the dead-letter topic, by reason.", "reason")
        self.batch_seconds = Histogram(
            "logsluice_batch_seconds",
            "Time a batch spends in each stage.",
            ("lane", "stage"),
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self.event_age = AgeHistogram(
            "logsluice_event_age_seconds", "Kafka timestamp of an event to its publication.", _AGE_BUCKETS
        )
        self.registry.register(self.event_age)
        self.lag = gauge(
            "consumer_lag", "Events behind the end of a partition.", "lane", "topic", "partition"
        )
        self.memory_verdicts = gauge("memory_verdicts", "Verdicts in memory.")
        self.cache_entries = gauge("cache_entries", "Entries of a bounded cache.", "cache")
        self.bundle_info = gauge("bundle_info", "1 for the bundle that labels.", "bundle")
        self.ready = gauge("ready", "1 while /readyz answers 200.")

        self.consumed.labels("fast")
        for stage in get_args(Stage):
            self.batch_seconds.labels("fast", stage)
        for reason in REASONS:
            self.dead.labels(reason)
        for label in labels:
            for tier in TIERS:
                for source in (*sources, OTHER_SOURCE):
                    self.labelled.labels(label, tier, source)

    @contextmanager
    def stage(self, lane: Lane, stage: Stage) -> Iterator[None]:
        """Time a stage of a batch."""
        start = perf_counter()
        yield
        self.batch_seconds.labels(lane, stage).observe(perf_counter() - start)

    def count_labelled(self, events: Sequence[Event], verdicts: Sequence[Verdict]) -> None:
        """Count a batch of published verdicts."""
        if self._sources:
            named = self._sources
            sources: Iterable[str] = (e.source if e.source in named else OTHER_SOURCE for e in events)
            tally = Tally(zip(((v.label, v.tier) for v in verdicts), sources, strict=True))
        else:
            tally = Tally(((v.label, v.tier), OTHER_SOURCE) for v in verdicts)
        for ((label, tier), source), count in tally.items():
            self.labelled.labels(label, tier, source).inc(count)
