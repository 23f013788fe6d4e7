"""Every metric, in one place. Base units; what an alert may use exists, at zero, from the start."""

from collections import Counter as Count
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from consumer.llm.decisions import Call, State
from consumer.llm.failures import Outcome
from consumer.records.output_routes import OutputRoute
from consumer.records.reasons import REASONS
from consumer.telemetry.batch_histogram import BatchHistogram
from consumer.telemetry.comparison import Comparison
from consumer.telemetry.counts import count_verdicts
from consumer.telemetry.disagreement import DISAGREEMENTS, disagreement
from consumer.telemetry.novelty import Novelty
from consumer.telemetry.registry import process_registry
from consumer.telemetry.top import TopTemplates
from pipeline.verdict import TIERS, Verdict

if TYPE_CHECKING:
    from consumer.telemetry.tracing import Tracing

Lane = Literal["fast", "slow"]
Stage = Literal["consume", "decode", "label", "ask", "encode", "publish", "flush", "commit"]
OTHER_SOURCE = "other"

_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CALL_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60)
_PER_CALL_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
_AGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """The metrics of one process. ``labels`` is the taxonomy, `Unclassified` included."""

    def __init__(
        self, labels: Sequence[str], sources: Sequence[str] = (), routes: Iterable[OutputRoute] = ()
    ) -> None:
        self.registry = process_registry()
        self._sources = frozenset(sources)
        self.top = TopTemplates(labels)
        self.tracing: Tracing | None = None
        self._bundle_version = ""

        def counter(name: str, documentation: str, *label_names: str) -> Counter:
            return Counter(f"logsluice_{name}", documentation, label_names, registry=self.registry)

        def gauge(name: str, documentation: str, *label_names: str) -> Gauge:
            return Gauge(f"logsluice_{name}", documentation, label_names, registry=self.registry)

        self.consumed = counter("events_consumed", "Events taken from the input topics.", "lane")
        self.labelled = counter(
            "events_labelled", "Events published with a label.", "label", "tier", "source"
        )
        self.pending = counter("events_pending", "Events sent to the pending topic, to wait for the LLM.")
        self.requeued = counter("events_requeued", "Pending events sent back, for they got no answer.")
        self.disagreements = counter(
            "severity_disagreements", "Labelled events whose severity and label are far apart.", "kind"
        )
        self.dead = counter("dead_letters", "Events sent to the dead-letter topic, by reason.", "reason")
        self.headers_dropped = counter("headers_dropped", "Events whose headers cannot be read.", "lane")
        self.events_lost = counter(
            "events_lost", "Records deleted by retention before they were consumed.", "lane"
        )
        self.events_expired = counter(
            "events_expired", "Labelled events that are older than their topic keeps.", "lane"
        )
        self.withheld = counter(
            "events_withheld", "Labelled events that are not published, by their route.", "label", "route"
        )
        self.batches_aborted = counter(
            "batches_aborted", "Batches whose transaction was aborted and which were processed again.", "lane"
        )
        self.batch_seconds = Histogram(
            "logsluice_batch_seconds",
            "Time a batch spends in each stage.",
            ("lane", "stage"),
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self.event_age = BatchHistogram(
            "logsluice_event_age_seconds", "Kafka timestamp of an event to its publication.", _AGE_BUCKETS
        )
        self.registry.register(self.event_age)
        self.lag = gauge(
            "consumer_lag", "Events behind the end of a partition.", "lane", "topic", "partition"
        )
        self.memory_verdicts = gauge("memory_verdicts", "Verdicts in memory.")
        self.verdicts_ignored = counter(
            "verdicts_ignored", "Records of the verdicts topic that were ignored, by reason.", "reason"
        )
        self.pending_age = gauge(
            "pending_age_seconds", "How long the oldest event of the last pending batch has waited."
        )
        self.llm_calls = counter("llm_calls", "Calls to the LLM, by outcome.", "outcome")
        self.llm_tokens = counter(
            "llm_tokens", "Tokens of prompts and answers, as the provider counts.", "kind"
        )
        self.llm_cost = counter("llm_cost", "What the tokens cost, by the prices in the settings.")
        self.llm_circuit_open = gauge(
            "llm_circuit_open", "1 while the LLM is not asked, because it has failed."
        )
        self.llm_budget_exhausted = gauge(
            "llm_budget_exhausted", "1 while the budget has no room for a call."
        )
        self.llm_refused = gauge(
            "llm_refused", "1 while the provider refuses the key, the model or the request."
        )
        self.llm_call_seconds = Histogram(
            "logsluice_llm_call_seconds",
            "Time of a call to the LLM.",
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.llm_templates = Histogram(
            "logsluice_llm_templates_per_call",
            "Templates in a call to the LLM.",
            buckets=_PER_CALL_BUCKETS,
            registry=self.registry,
        )
        self.canary = counter(
            "llm_canary", "Decisions of the embedding tier that the LLM was asked about too.", "agrees"
        )
        self.cache_entries = gauge("cache_entries", "Entries of a bounded cache.", "cache")
        self.bundle_info = gauge("bundle_info", "1 for the bundle in use.", "bundle")
        self.bundle_swaps = counter(
            "bundle_swaps", "New bundles loaded while running, by outcome.", "outcome"
        )
        self.ready = gauge("ready", "1 while /readyz answers 200.")

        for lane in get_args(Lane):
            self.consumed.labels(lane)
            self.batches_aborted.labels(lane)
            self.headers_dropped.labels(lane)
            self.events_lost.labels(lane)
            self.events_expired.labels(lane)
            for stage in get_args(Stage):
                if (lane, stage) not in (("fast", "ask"), ("slow", "label")):
                    self.batch_seconds.labels(lane, stage)
        for outcome in get_args(Outcome):
            self.llm_calls.labels(outcome)
        for kind in ("prompt", "completion"):
            self.llm_tokens.labels(kind)
        for agrees in ("yes", "no"):
            self.canary.labels(agrees)
        for reason in ("unreadable", "unknown_label", "no_room"):
            self.verdicts_ignored.labels(reason)
        for kind in DISAGREEMENTS:
            self.disagreements.labels(kind)
        for reason in REASONS:
            self.dead.labels(reason)
        for route in routes:
            if not route.publishes_all:
                self.withheld.labels(route.label, route.withheld)
        for outcome in ("done", "refused"):
            self.bundle_swaps.labels(outcome)
        self.shadow = Comparison(self.registry, labels)
        self.novelty = Novelty(self.registry)
        self.add_labels(labels)

    def show_bundle(self, version: str) -> None:
        """Show which bundle is in use."""
        self._bundle_version = version
        self.bundle_info.clear()
        self.bundle_info.labels(version).set(1)

    def bundle_version(self) -> str:
        """Return the version of the bundle in use."""
        return self._bundle_version

    def add_labels(self, labels: Sequence[str]) -> None:
        """Make the series of a taxonomy, at zero, before the first event is counted."""
        self.top.add_labels(labels)
        self.shadow.add_labels(labels)
        self.novelty.add_labels(labels)
        for label in labels:
            for tier in TIERS:
                for source in (*self._sources, OTHER_SOURCE):
                    self.labelled.labels(label, tier, source)

    @contextmanager
    def stage(self, lane: Lane, stage: Stage) -> Iterator[None]:
        """Time a stage of a batch."""
        start = perf_counter()
        try:
            yield
        except BaseException:
            if self.tracing is not None:
                self.tracing.stage(lane, stage, start, perf_counter(), failed=True)
            raise
        end = perf_counter()
        self.batch_seconds.labels(lane, stage).observe(end - start)
        if self.tracing is not None:
            self.tracing.stage(lane, stage, start, end)

    def count_consumed(self, lane: Lane, events: int) -> None:
        """Count the events of a batch that is committed."""
        self.consumed.labels(lane).inc(events)
        if self.tracing is not None:
            self.tracing.over(lane, events)

    def count_labelled(self, sources: Sequence[str], verdicts: Sequence[Verdict]) -> None:
        """Count a batch of published verdicts, and its templates."""
        batch = count_verdicts(sources, verdicts)
        self.top.count(batch)
        self.shadow.count(batch)
        self.novelty.count(batch)
        if self._sources:
            named = self._sources
            shown: Iterable[str] = (each if each in named else OTHER_SOURCE for each in sources)
            series = Count(zip(((v.label, v.tier) for v in verdicts), shown, strict=True))
        else:
            series = Count()
            for verdict, _, count in batch:
                series[(verdict.label, verdict.tier), OTHER_SOURCE] += count
        for ((label, tier), source), count in series.items():
            self.labelled.labels(label, tier, source).inc(count)

    def count_severities(self, severities: Iterable[tuple[str, str]]) -> None:
        """Count the severity and the label of each event that has a severity, where they are far apart."""
        for (severity, label), count in Count(severities).items():
            kind = disagreement(severity, label)
            if kind is not None:
                self.disagreements.labels(kind).inc(count)

    def count_pending(self, lane: Lane, events: int) -> None:
        """Count events that were sent to the pending topic, or back to it."""
        (self.pending if lane == "fast" else self.requeued).inc(events)

    def count_call(self, call: Call) -> None:
        """Count a call to the LLM."""
        self.llm_calls.labels(call.outcome).inc()
        self.llm_tokens.labels("prompt").inc(call.prompt_tokens)
        self.llm_tokens.labels("completion").inc(call.completion_tokens)
        self.llm_cost.inc(call.cost)
        self.llm_call_seconds.observe(call.seconds)
        self.llm_templates.observe(call.templates)

    def show_llm(self, state: State) -> None:
        """Show the state of the pool of calls."""
        self.llm_circuit_open.set(state.circuit != "closed")
        self.llm_budget_exhausted.set(state.circuit == "closed" and state.wait_s > 0)
        self.llm_refused.set(state.refusal is not None)
