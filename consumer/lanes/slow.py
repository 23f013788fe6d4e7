"""The slow lane's decider: pending events in, labelled ones out, by what is known by now or by asking the LLM.

Each template is asked about once, several in a call, within the pool's limits. What the LLM says is published to
the verdicts topic in the same batch, so that no replica asks again. What it does not say goes back to the tail of
the pending topic, until the event has waited for too long and is published with its best guess.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

import msgspec
from confluent_kafka import Message

from consumer.garbage import settle
from consumer.lanes.contract import Decided, Intake
from consumer.lanes.fast import labeller
from consumer.lanes.isolation import SOUND_EVENT, each_decided, poisoned
from consumer.llm.blocking import BlockingPool
from consumer.llm.pool import Answers, Decision, Undecided
from consumer.llm.prompt import Question
from consumer.log import get_logger
from consumer.records.dead_letter import Dead
from consumer.records.decoding import Decode, UndecodableError, decoder
from consumer.records.incoming import headers_of
from consumer.records.outgoing import Headers, OutgoingRecord
from consumer.records.pending import Canary, Pending, pending_record, read_canary, read_pending
from consumer.records.verdict import model_verdict, now_ms, taxonomy_of
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Lane, Metrics
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.examples import NearestExamples, read_examples
from pipeline.memory import Remembered
from pipeline.recogniser import Recogniser
from pipeline.rules import RuleSet
from pipeline.verdict import UNCLASSIFIED, Verdict

MAX_EVENTS = 1_000
MAX_WAIT_S = 1.0
"""A batch waits longer here than in the fast lane: a call that holds sixteen templates costs little more than one."""
CALLS_PER_BATCH = 3
"""How many times the deadline of a call a batch may take, so that what fails can be tried again."""
MAX_ATTEMPTS = 5
"""A template that spoils so many answers is asked about no more."""
MAX_REST_S = 15.0


def slow_intake(settings: Settings) -> Intake:
    """Return what the slow lane reads, as a group of its own: a rebalance of one lane does not touch the other."""
    max_events = min(MAX_EVENTS, settings.batch_max_events)
    return Intake(f"{settings.group_id}-slow", (settings.pending_topic,), max_events, MAX_WAIT_S)


class _Waiting(msgspec.Struct, gc=False):
    """A pending record, taken apart."""

    message: Message
    event: Event
    headers: Headers
    pending: Pending
    question: Question


class SlowDecider:
    """Decides pending events. Without a pool nobody can be asked, and what memory does not know is `Unclassified`."""

    lane: Lane = "slow"

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        pool: BlockingPool | None,
        pending_partitions: int,
        metrics: Metrics,
        health: Health,
        stopping: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._memory = cascade.memory
        self._pool = pool
        self._learned: dict[Question, Remembered] = {}
        """What the LLM said of the batch at hand; kept where that is aborted and taken anew."""
        self._take(cascade)
        self._next: Cascade | None = None
        self._pending_partitions = pending_partitions
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        self._model = settings.llm.endpoint().model or "" if settings.llm.enabled else ""
        self._decode: Decode = decoder(settings.input_format, settings.source_field, settings.message_field)
        self._recogniser = Recogniser(RuleSet((), ()))
        self._came_to_nothing = False

    def _take(self, cascade: Cascade) -> None:
        bundle = cascade.bundle
        self._labels = frozenset(bundle.labels)
        self._learned = {
            question: said for question, said in self._learned.items() if said.label in self._labels
        }
        self._taxonomy = taxonomy_of(bundle)
        self._labeller = labeller(self._settings, cascade)
        self._nearest = NearestExamples(read_examples(bundle.examples), cascade.embedding.encoder)
        if self._pool is not None:
            self._pool.use(bundle.manifest.labels)

    def use(self, cascade: Cascade) -> None:
        """Ask by the labels of another bundle from the next batch on. May be called from any thread."""
        self._next = cascade

    def decide(self, batch: Sequence[Message]) -> Decided:
        """Decide every record of a batch; blocks while the LLM is asked."""
        if self._next is not None:
            cascade, self._next = self._next, None
            self._take(cascade)
            settle()
        with self._metrics.stage("slow", "decode"):
            waiting, canaries, dead = self._decoded(batch)
        now = now_ms()
        self._metrics.pending_age.set(
            max([now - each.pending.since_ms for each in waiting], default=0) / 1000
        )
        with self._metrics.stage("slow", "ask"):
            known = {each.question: self._remembered(each.question) for each in waiting}
            unknown = {
                each.question
                for each in waiting
                if known[each.question] is None and not self._is_overdue(each.pending, now)
            }
            answers: Answers = {
                question: Decision(verdict.label) for question, verdict in self._learned.items()
            }
            answers |= self._ask(sorted(unknown - answers.keys()), canaries)
        now = now_ms()
        self._learned = {
            question: Remembered(answer.label, self._settings.llm.confidence, "model", now)
            for question, answer in answers.items()
            if isinstance(answer, Decision)
        }

        decided = Decided([], [], [], [], [], dead, beside=len(canaries))
        records: list[OutgoingRecord] = []
        decided.records = records
        for each in waiting:
            verdict = self._verdict(each, known[each.question], answers.get(each.question), now)
            if verdict is None:
                records.append(self._again(each, answers[each.question]))
                decided.pending += 1
            else:
                records.append(self._labelled(each, verdict))
                decided.messages.append(each.message)
                decided.events.append(each.event)
                decided.verdicts.append(verdict)
                decided.written_ms.append(each.pending.timestamp_ms)
        records += [
            model_verdict(
                self._settings.verdicts_topic,
                self._taxonomy,
                question.template,
                question.source,
                verdict,
                self._model,
            )
            for question, verdict in self._learned.items()
        ]
        self._came_to_nothing = bool(waiting) and not decided.messages
        return decided

    def done(self, decided: Decided) -> None:
        """Remember what was learned, now that it is published."""
        for question, verdict in self._learned.items():
            self._memory.put(question.template, question.source, verdict)
        self._learned = {}

    def rest_s(self) -> float:
        """Return how long to wait: as long as no call can be made, and a while where none is of use."""
        if self._pool is None:
            return 0.0
        state = self._pool.state()
        self._metrics.show_llm(state)
        self._report(state.refusal)
        if not self._came_to_nothing:
            return 0.0
        self._came_to_nothing = False
        return min(max(state.wait_s, 1.0), MAX_REST_S)

    def _report(self, refusal: str | None) -> None:
        if refusal is None:
            self._health.clear("llm")
        elif self._health.degraded("llm", refusal):
            get_logger().error("the LLM refuses us; its events wait", reason=refusal)

    def _decoded(self, batch: Sequence[Message]) -> tuple[list[_Waiting], list[Canary], list[Dead]]:
        parts, events, canaries = [], [], []
        dead: list[Dead] = []
        for message in batch:
            canary = read_canary(message)
            if canary is not None:
                canaries.append(canary)
                continue
            found = read_pending(headers_of(message))
            try:
                if found is None:
                    raise UndecodableError("not_pending")
                events.append(self._decode(message.value()))
                parts.append((message, *found))
            except UndecodableError as error:
                dead.append(Dead(message, error.reason))
        waiting = []
        recognised = each_decided(self._recogniser.recognise, events, SOUND_EVENT)
        for (message, pending, headers), event, outcome in zip(parts, events, recognised, strict=True):
            if isinstance(outcome, Exception):
                dead.append(poisoned(message, outcome))
            else:
                _, template = outcome
                question = Question(template, event.source)
                waiting.append(_Waiting(message, event, headers, pending, question))
        return waiting, canaries, dead

    def _remembered(self, question: Question) -> Remembered | None:
        known = self._memory.get(question.template, question.source)
        return known if known is not None and known.label in self._labels else None

    def _is_overdue(self, pending: Pending, now: int) -> bool:
        return now - pending.since_ms >= self._settings.pending_max_age_s * 1000

    def _ask(self, questions: Sequence[Question], canaries: Sequence[Canary]) -> Answers:
        """Return an answer for each question; canaries go along where the budget has room."""
        if self._pool is None:
            return {}
        size = self._settings.llm.templates_per_call
        futures = [
            self._submit(self._pool, questions[start : start + size])
            for start in range(0, len(questions), size)
        ]
        checked: Future[Answers] | None = None
        if canaries and not self._pool.state().wait_s:
            asked = [Question(canary.template, canary.source) for canary in canaries[:size]]
            checked = self._submit(self._pool, asked)
        while wait([*futures, *([checked] if checked else [])], timeout=0.25).not_done:
            self._health.beat()
            if self._stopping():
                self._pool.abandon()
        if checked:
            self._compare(canaries, checked.result())
        return {question: answer for future in futures for question, answer in future.result().items()}

    def _compare(self, canaries: Sequence[Canary], answers: Answers) -> None:
        for canary in canaries:
            answer = answers.get(Question(canary.template, canary.source))
            if isinstance(answer, Decision):
                self._metrics.canary.labels("yes" if answer.label == canary.label else "no").inc()

    def _submit(self, pool: BlockingPool, questions: Sequence[Question]) -> Future[Answers]:
        try:
            examples = self._nearest([question.template for question in questions])
        except (
            Exception
        ) as error:  # an encoder that cannot bear one of them: they are asked about all the same
            get_logger().error("no examples for the LLM", error=type(error).__name__)
            examples = []
        return pool.submit(questions, self._settings.llm.deadline_s * CALLS_PER_BATCH, examples)

    def _verdict(
        self, each: _Waiting, known: Remembered | None, answer: Decision | Undecided | None, now: int
    ) -> Verdict | None:
        """Return the verdict of an event, or None where it has to wait on."""
        template, pending = each.question.template, each.pending
        if known is not None:
            return Verdict(known.label, known.confidence, "memory", template)
        if isinstance(answer, Decision):
            if answer.label != UNCLASSIFIED:
                return Verdict(answer.label, self._settings.llm.confidence, "llm", template)
            return Verdict(UNCLASSIFIED, pending.confidence, "llm", template, best_guess=pending.best_guess)
        gives_up = isinstance(answer, Undecided) and pending.attempt + _counts(answer) >= MAX_ATTEMPTS
        if answer is None or gives_up or self._is_overdue(pending, now):
            return Verdict(UNCLASSIFIED, pending.confidence, "none", template, best_guess=pending.best_guess)
        return None

    def _again(self, each: _Waiting, answer: Decision | Undecided) -> OutgoingRecord:
        attempt = each.pending.attempt + _counts(answer)
        pending = msgspec.structs.replace(each.pending, attempt=attempt)
        template, source = each.question.template, each.question.source
        return pending_record(
            self._settings.pending_topic,
            each.message,
            each.headers,
            pending,
            template,
            source,
            self._pending_partitions,
        )

    def _labelled(self, each: _Waiting, verdict: Verdict) -> OutgoingRecord:
        value, headers = self._labeller.label(
            each.message.value() or b"", each.headers, each.event, verdict, each.pending.event_id
        )
        topic, timestamp_ms = self._settings.output_topic, each.pending.timestamp_ms
        return OutgoingRecord(topic, value, each.message.key(), headers, timestamp_ms, of=each.message)


def _counts(answer: Decision | Undecided) -> int:
    """Return 1 where asking again about the same template would do no better, else 0."""
    return int(isinstance(answer, Undecided) and answer.reason == "unreadable")
