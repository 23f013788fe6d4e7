"""Relabelling: history again under another bundle, whether the service runs or not.

No group is joined and no offset is committed. What is done is to be seen in the target alone: each batch goes there in
one transaction, and a run that finds events there publishes only the others.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing

import msgspec

from consumer.kafka.cluster import missing_topics, topics_of
from consumer.kafka.patience import Patience
from consumer.kafka.retention import output_retention_ms
from consumer.kafka.schema_registry import frame_decoder
from consumer.kafka.verdict_follower import VerdictFollower
from consumer.lanes.fast import FastProcessor
from consumer.lanes.history.batches import MOST_NAMED, Relabelling
from consumer.lanes.history.before import AsPublished, Before, ByBundle
from consumer.lanes.history.changes import NOT_KEPT, Changes
from consumer.lanes.history.labelled import labels_in
from consumer.lanes.history.labels import KnownLabels, Taxonomy
from consumer.lanes.history.reader import HistoryReader
from consumer.lanes.history.report import Deleted, Report
from consumer.lanes.history.shown import Shown
from consumer.lanes.history.target import Target, make_target
from consumer.lanes.history.window import Span, Window
from consumer.llm.settings import LlmSettings
from consumer.records.verdict import now_ms
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import Bundle
from pipeline.cascade import load_cascade
from pipeline.memory import VerdictMemory

TIMEOUT_S = 10.0
MOST_TEMPLATES = 1_000


class Request(msgspec.Struct, frozen=True):
    """What to relabel. Without a ``target`` nothing is published.

    The labels before are those that were published, or with ``against`` those that this bundle gives; ``live`` is what
    is taken where none was published.
    """

    window: Window
    bundle: Bundle
    live: Bundle
    against: Bundle | None
    target: str | None
    with_verdicts: bool


def relabel(settings: Settings, request: Request, shown: Shown, stopping: Callable[[], bool]) -> Report:
    """Relabel a window, and return what changed. Where it is asked to stop, the report is of what was done.

    Raises:
        BrokerError: the broker cannot be reached or refuses us, or a topic is missing.
        ConsumerError: the target has events of another bundle.
    """
    return _Run(settings, request, shown, stopping).report()


class _SaysWhy(Health):
    """Shows why nothing goes on."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._shown = shown

    def set_unready(self, part: str, reason: str) -> None:
        super().set_unready(part, reason)
        self._shown.wait(f"waiting: {reason}")


class _Run:
    """One run; what its steps share."""

    def __init__(
        self, settings: Settings, request: Request, shown: Shown, stopping: Callable[[], bool]
    ) -> None:
        self._live_topics = settings.labelled_topics()
        self._settings = settings.model_copy(
            update={
                "output_topic": request.target or settings.output_topic,
                "output_format": "json",
                "output_headers": ("label", "tier", "event_id"),
                "output_routes": (),
                "llm": LlmSettings(),
            }
        )
        self._request, self._shown, self._stopping = request, shown, stopping
        self._metrics = Metrics(request.bundle.labels)
        self._health = _SaysWhy(shown)
        self._taxonomy = Taxonomy()
        self._changes = Changes(self._taxonomy, settings.max_templates)

    def report(self) -> Report:
        settings, request = self._settings, self._request
        topics = topics_of(settings, TIMEOUT_S)
        wanted = {*settings.input_topic} | ({settings.verdicts_topic} if request.with_verdicts else set())
        missing = missing_topics(topics.keys(), wanted)
        if missing is not None:
            raise missing
        with ExitStack() as stack:
            memory = self._memory() if request.with_verdicts else VerdictMemory()
            processor = self._processor(request.bundle, memory)
            reader = stack.enter_context(closing(HistoryReader(settings, request.window)))
            spans = reader.start({name: topics[name] for name in settings.input_topic})
            target, there = self._target(topics, spans)
            before, how = self._before(topics, spans, memory)
            total = sum(span.end - span.start for span in spans)
            self._shown.step(f"labelling by {request.bundle.version}", total)
            run = Relabelling(processor, before, self._changes, target, there, settings.batch_max_events)
            run.run(reader, self._shown, self._stopping)
            return self._report(run, how, target, _deleted(spans, reader), len(memory))

    def _report(
        self, run: Relabelling, how: str, target: Target | None, deleted: list[Deleted], verdicts: int
    ) -> Report:
        refused = target.refused if target is not None else []
        cells = self._changes.cells()
        return Report(
            bundle=self._request.bundle.version,
            before=how,
            topics=self._settings.input_topic,
            target=self._request.target,
            from_ms=self._request.window.from_ms,
            to_ms=self._request.window.to_ms,
            stopped=run.stopped,
            verdicts=verdicts,
            events=run.events,
            published=run.published,
            published_before=run.published_before,
            refused=len(refused),
            undecodable=run.undecodable,
            not_kept=run.not_kept,
            changed=sum(cell.events for cell in cells if cell.before not in (cell.after, NOT_KEPT)),
            cells=cells,
            templates=self._changes.templates(MOST_TEMPLATES),
            not_labelled=[*run.undecodable_named, *refused[:MOST_NAMED]],
            deleted=deleted,
        )

    def _memory(self) -> VerdictMemory:
        """Return what the verdicts topic holds now; what comes to it later does not change what is relabelled."""
        self._shown.step(f"reading {self._settings.verdicts_topic}")
        memory = VerdictMemory(self._settings.max_templates)
        with closing(
            VerdictFollower(self._settings, self._request.bundle, memory, self._metrics)
        ) as follower:
            follower.catch_up(self._stopping)
        return memory

    def _processor(self, bundle: Bundle, memory: VerdictMemory) -> FastProcessor:
        self._shown.step(f"loading {bundle.version}")
        cascade = load_cascade(bundle, memory, self._settings.max_templates)
        patience = Patience(self._health, "schema registry", self._stopping)
        decode = frame_decoder(self._settings, patience.wait, patience.over)
        return FastProcessor(self._settings, cascade, self._metrics, decode_frame=decode)

    def _target(
        self, topics: Mapping[str, int], spans: Sequence[Span]
    ) -> tuple[Target | None, KnownLabels | None]:
        """Return the target, taken over from a run before this one, and what that has published."""
        topic = self._request.target
        if topic is None:
            return None, None
        source = self._settings.input_topic[0]
        if topic not in topics:
            make_target(self._settings, topic, source, topics[source])
        target = Target(
            self._settings, Patience(self._health, "publish", self._stopping), self._metrics, topic
        )
        target.open()
        self._say_what_is_deleted_soon(topic)
        if topic not in topics:
            return target, None
        there = labels_in(
            self._settings,
            {topic: topics[topic]},
            spans,
            self._request.window,
            self._taxonomy,
            self._shown,
            self._stopping,
            only_bundle=self._request.bundle.version,
        )
        if there.found:
            self._shown.say(
                f"{topic} holds {there.found:,} events already: those of this window stay as they are"
            )
        return target, there

    def _say_what_is_deleted_soon(self, topic: str) -> None:
        retention_ms = output_retention_ms(self._settings)
        if retention_ms is not None and self._request.window.from_ms < now_ms() - retention_ms:
            self._shown.say(
                f"{topic} keeps events for {retention_ms / 86_400_000:.1f} days by their own time, and soon deletes "
                "the older ones of this window: raise its retention.ms, or another run publishes them again"
            )

    def _before(
        self, topics: Mapping[str, int], spans: Sequence[Span], memory: VerdictMemory
    ) -> tuple[Before, str]:
        """Return the labels before, and where they are from."""
        request = self._request
        if request.against is None:
            kept = {name: topics[name] for name in self._live_topics if name in topics}
            if kept:
                known = labels_in(
                    self._settings, kept, spans, request.window, self._taxonomy, self._shown, self._stopping
                )
                if known.found:
                    return AsPublished(known), f"published in {', '.join(kept)}"
            self._shown.say(
                f"no labels of this window are published: before is what {request.live.version} says"
            )
        bundle = request.against or request.live
        return ByBundle(self._processor(bundle, memory), self._taxonomy), f"by {bundle.version}"


def _deleted(spans: Sequence[Span], reader: HistoryReader) -> list[Deleted]:
    places = {(span.topic, span.number): span.oldest for span in spans if span.may_lack}
    places |= reader.deleted
    return [Deleted(topic, number, before) for (topic, number), before in sorted(places.items())]
