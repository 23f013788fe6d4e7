"""The slow lane's processor: pending events in, labelled ones out, by what is known by now or by asking the LLM.

Each template is asked about once, several in a call, within the pool's limits. What the LLM says is published to
the verdicts topic in the same batch, so that no replica asks again. What it does not say goes back to the tail of
the pending topic, until the event has waited for too long and is published with its best guess.
"""

from collections.abc import Callable, Sequence

from confluent_kafka import Message
from msgspec.structs import replace

from consumer.garbage import settle
from consumer.lanes.asking import Asking
from consumer.lanes.contract import BatchResult, Intake
from consumer.lanes.isolation import SOUND_EVENT, apply_or_dead_letter
from consumer.lanes.waiting import PendingReader, Waiting, attempts, decided, is_overdue
from consumer.llm.blocking import BlockingPool
from consumer.llm.decisions import Answers, Decision, Undecided
from consumer.llm.prompt import Question
from consumer.records.formats.readers import Readers
from consumer.records.formats.registry import Frame, without_registry
from consumer.records.labelled import Labeller
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.records.pending import pending_record
from consumer.records.routed import routed
from consumer.records.verdict import model_verdict, now_ms, taxonomy_of
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Lane, Metrics
from pipeline.cascade import Cascade
from pipeline.memory import Remembered
from pipeline.verdict import UNCLASSIFIED, Verdict

MAX_EVENTS = 1_000
MAX_WAIT_S = 1.0
"""A batch waits longer here than in the fast lane: a call that holds sixteen templates costs little more than one."""


def slow_intake(settings: Settings) -> Intake:
    """Return what the slow lane reads, as a group of its own: a rebalance of one lane does not touch the other."""
    max_events = min(MAX_EVENTS, settings.batch_max_events)
    return Intake(f"{settings.group_id}-slow", (settings.pending_topic,), max_events, MAX_WAIT_S)


class SlowProcessor:
    """Decides pending events. Without a pool nobody can be asked, and what memory does not know is `Unclassified`."""

    lane: Lane = "slow"
    decides_ahead = False  # what is decided may be in the memory once the batch before is committed

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        pool: BlockingPool | None,
        pending_partitions: int,
        metrics: Metrics,
        health: Health,
        stopping: Callable[[], bool],
        decode_frame: Callable[[Frame], bytes] = without_registry,
    ) -> None:
        self._settings = settings
        self._memory = cascade.memory
        self._asking = Asking(settings, pool, metrics, health, stopping)
        self._learned: dict[Question, Remembered] = {}
        """What the LLM said of the batch at hand; kept where that is consumed again."""
        self._next: Cascade | None = None
        self._pending_partitions = pending_partitions
        self._metrics = metrics
        self._model = settings.llm.endpoint().model or "" if settings.llm.enabled else ""
        readers = Readers(settings.input_format, settings.source_field, settings.message_field, decode_frame)
        self._reader = PendingReader(readers, settings.dead_letter_topic)
        self._keeps_form = settings.output_format == "same"
        self._routes = settings.routes()
        self._came_to_nothing = False
        self._take(cascade)

    def _take(self, cascade: Cascade) -> None:
        bundle = cascade.bundle
        self._labels = frozenset(bundle.labels)
        self._learned = {
            question: said for question, said in self._learned.items() if said.label in self._labels
        }
        self._taxonomy = taxonomy_of(bundle)
        self._labeller = Labeller(bundle.version, self._settings.output_headers)
        self._asking.swap_bundle(cascade)

    def swap_bundle(self, cascade: Cascade) -> None:
        """Ask by the labels of another bundle from the next batch on. May be called from any thread."""
        self._next = cascade

    def decide(self, batch: Sequence[Message]) -> BatchResult:
        """Decide every record of a batch; blocks while the LLM is asked. See `Processor`."""
        if self._next is not None:
            cascade, self._next = self._next, None
            self._take(cascade)
            settle()
        with self._metrics.stage("slow", "decode"):
            parts, canaries = self._reader.read(batch)
        waiting = [part for part in parts if isinstance(part, Waiting)]
        now, max_age_s = now_ms(), self._settings.pending_max_age_s
        ages = [now - each.item.pending.since_ms for each in waiting]
        self._metrics.pending_age.set(max(ages, default=0) / 1000)
        with self._metrics.stage("slow", "ask"):
            known = {each.question: self._remembered(each.question) for each in waiting}
            unknown = {
                each.question
                for each in waiting
                if known[each.question] is None and not is_overdue(each.item.pending, max_age_s, now)
            }
            answers: Answers = {question: Decision(said.label) for question, said in self._learned.items()}
            answers |= self._asking.ask(sorted(unknown - answers.keys()), canaries)
        now = now_ms()
        self._learned = {
            question: Remembered(answer.label, self._settings.llm.confidence, "model", now)
            for question, answer in answers.items()
            if isinstance(answer, Decision)
        }
        with self._metrics.stage("slow", "encode"):
            topic, confidence = self._settings.dead_letter_topic, self._settings.llm.confidence

            def encoded(waiting: Sequence[Waiting]) -> list[Row]:
                overdue = [is_overdue(each.item.pending, max_age_s, now) for each in waiting]
                return [
                    self._row(each, decided(each, known[each.question], answers, confidence, late))
                    for each, late in zip(waiting, overdue, strict=True)
                ]

            rows = apply_or_dead_letter(encoded, parts, self._sound, topic)
        self._came_to_nothing = bool(waiting) and not any(row.verdict for row in rows)
        rows = routed(rows, self._routes) if self._routes else rows
        return BatchResult([*rows, *self._verdict_rows()], len(batch))

    def on_committed(self, result: BatchResult) -> None:
        """Remember what was learned, now that it is published."""
        for question, verdict in self._learned.items():
            self._memory.put(question.template, question.source, verdict)
        self._learned = {}

    def pause_s(self) -> float:
        """Return how long to wait: as long as no call can be made, and a while where none is of use."""
        came_to_nothing, self._came_to_nothing = self._came_to_nothing, False
        return self._asking.pause_s(came_to_nothing)

    def _remembered(self, question: Question) -> Remembered | None:
        known = self._memory.get(question.template, question.source)
        return known if known is not None and known.label in self._labels else None

    def _sound(self) -> None:
        verdict = Verdict(UNCLASSIFIED, 0.0, "none", SOUND_EVENT.message)
        self._labeller.label(b"{}", [], "", verdict, "")

    def _row(self, each: Waiting, outcome: Verdict | Undecided) -> Row:
        item, message, question = each.item, each.message, each.question
        if isinstance(outcome, Undecided):
            record = pending_record(
                self._settings.pending_topic,
                message.value(),
                message.key(),
                item.headers,
                replace(item.pending, attempt=attempts(item.pending, outcome)),
                question.template,
                question.source,
                self._pending_partitions,
            )
            return Row(record, message)
        severity, event_id = item.event.severity, item.pending.event_id
        if self._keeps_form and not item.opened.format.is_object:
            classification = self._labeller.classification(severity, outcome, event_id)
            value = item.opened.written([classification])
            headers = self._labeller.headers(item.headers, outcome, event_id)
        else:
            value, headers = self._labeller.label(item.value, item.headers, severity, outcome, event_id)
        topic, timestamp_ms = self._settings.output_topic, item.pending.timestamp_ms
        record = OutgoingRecord(topic, value, message.key(), headers, timestamp_ms)
        return Row(record, message, outcome, item.event.source, None, severity)

    def _verdict_rows(self) -> list[Row]:
        """Return the records that tell every replica what the LLM said."""
        topic, model = self._settings.verdicts_topic, self._model
        return [
            Row(model_verdict(topic, self._taxonomy, question.template, question.source, verdict, model))
            for question, verdict in self._learned.items()
        ]
