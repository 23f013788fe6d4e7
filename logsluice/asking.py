"""``classify --llm``: the LLM's word on the rows of a file that no tier decides, each template asked about once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from time import monotonic

from consumer.errors import ConsumerError, SettingsError
from consumer.llm.blocking import BlockingPool, open_pool
from consumer.llm.decisions import Call, Decision
from consumer.llm.prompt import Question
from consumer.records.verdict import now_ms
from consumer.settings import Settings
from logsluice.cli.progress import Progress
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.examples import NearestExamples, read_examples
from pipeline.memory import Remembered
from pipeline.verdict import UNCLASSIFIED, Verdict

_FAILURES = 8  # calls in a row that fail: what is wrong will not pass while somebody waits
_PATIENCE_S = 30.0  # without one call that was answered, though some have failed
_TICK_S = 0.5
_WHY = {
    "server_error": "it answers with errors",
    "timeout": "it does not answer in time",
    "connection": "it cannot be reached",
    "rate_limited": "it asks for fewer calls",
    "unreadable": "its answers cannot be read",
}


def require_llm(settings: Settings) -> None:
    """Return if there is an LLM to ask.

    Raises:
        SettingsError: there is none.
    """
    if not settings.llm.enabled:
        raise SettingsError(
            "no LLM is configured: set GROQ_API_KEY, or LOGSLUICE_LLM__PROVIDER and what it needs"
        )


class Health:
    """How the calls to the LLM end, as its pool reports them; tells when it is no use to go on."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._good_at = clock()
        self.last = ""

    def observe(self, call: Call) -> None:
        """Take note of a call. One that is put off by a limit is no failure."""
        if call.outcome == "answered":
            self._failures = 0
            self._good_at = self._clock()
        elif call.outcome != "abandoned":
            self.last = call.outcome
            self._failures += call.outcome in ("server_error", "timeout", "connection", "refused")

    def wake(self) -> None:
        """Begin to wait for answers: the time before counts for nothing."""
        if not self._failures:
            self._good_at = self._clock()

    @property
    def hopeless(self) -> bool:
        """Whether calls fail and have failed for long enough."""
        waited = self._clock() - self._good_at >= _PATIENCE_S
        return self._failures >= _FAILURES or (self._failures > 1 and waited)


class Asker:
    """Labels events with a cascade, and asks an LLM about those that it leaves undecided."""

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        pool: BlockingPool,
        health: Health,
        seconds: float,
        shown: Progress,
    ) -> None:
        self._settings = settings
        self._cascade = cascade
        self._pool = pool
        self._health = health
        self._seconds = self._left_s = seconds
        self._shown = shown
        self._nearest = NearestExamples(read_examples(cascade.bundle.examples), cascade.embedding.encoder)
        self._asked: set[int] = set()
        self._unanswered: set[int] = set()
        self._refusal: str | None = None
        self._given_up = False

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        """Return one verdict for each event. Blocks while the LLM is asked, within its budget.

        What the LLM does not answer stays as the cascade has it; so does all that follows once it refuses us, has
        failed for long enough, or the time for asking is over.
        """
        verdicts = self._cascade.label(events)
        questions = [
            Question(verdict.template, event.source) if self._is_for_llm(event, verdict) else None
            for event, verdict in zip(events, verdicts, strict=True)
        ]
        unique = sorted({question for question in questions if question is not None})
        if not unique:
            return verdicts
        answers = {} if self._given_up else self._ask(unique)
        self._asked.update(map(hash, unique))
        self._unanswered.update(hash(question) for question in unique if question not in answers)
        confidence = self._settings.llm.confidence
        for question, answer in answers.items():
            known = Remembered(answer.label, confidence, "model", now_ms())
            self._cascade.memory.put(question.template, question.source, known)
        return [
            _decided(verdict, answers.get(question) if question is not None else None, confidence)
            for verdict, question in zip(verdicts, questions, strict=True)
        ]

    def check(self) -> None:
        """Return if every question was answered.

        Raises:
            ConsumerError: some were not; the sentence says how many, and why.
        """
        if not self._unanswered:
            return
        why = self._refusal or _WHY.get(self._health.last, "the time for asking was over")
        if not (self._refusal or self._health.hopeless):
            why = f"{why}; asking may take {self._seconds:,.0f} s in all, see --llm-seconds"
        raise ConsumerError(
            f"the LLM has left {len(self._unanswered):,} of {len(self._asked):,} templates unanswered, and their "
            f"rows stand as Unclassified: {why}. `logsluice check` asks it one question"
        )

    def _ask(self, unique: Sequence[Question]) -> dict[Question, Decision]:
        size = self._settings.llm.templates_per_call
        started = monotonic()
        self._health.wake()
        futures = []
        for start in range(0, len(unique), size):
            group = unique[start : start + size]
            examples = self._nearest([question.template for question in group])
            futures.append(self._pool.submit(group, max(self._left_s, 1.0), examples))
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=_TICK_S)
            self._shown.note(
                f"asking the LLM: {len(futures) - len(waiting):,} of {len(futures):,} calls answered"
            )
            over = monotonic() - started >= self._left_s
            if waiting and not self._given_up and (over or self._health.hopeless):
                self._given_up = True
                self._pool.abandon()
        self._left_s -= monotonic() - started
        self._refusal = self._pool.state().refusal
        self._given_up |= self._refusal is not None or self._left_s <= 0 or self._health.hopeless
        answers = {question: answer for future in futures for question, answer in future.result().items()}
        return {question: answer for question, answer in answers.items() if isinstance(answer, Decision)}

    def _is_for_llm(self, event: Event, verdict: Verdict) -> bool:
        return verdict.tier == "none" and "llm" in self._cascade.bundle.routes.of(event.source)


@contextmanager
def open_asker(
    settings: Settings, cascade: Cascade, seconds: float | None, shown: Progress
) -> Iterator[Asker]:
    """Yield an asker with a pool of its own; ``seconds`` is how long it may ask in all."""
    health = Health()
    with open_pool(settings.llm, cascade.bundle.manifest.labels, health.observe) as pool:
        yield Asker(settings, cascade, pool, health, seconds or settings.pending_max_age_s, shown)


def _decided(verdict: Verdict, answer: Decision | None, confidence: float) -> Verdict:
    if answer is None:
        return verdict
    if answer.label == UNCLASSIFIED:
        return Verdict(
            UNCLASSIFIED, verdict.confidence, "llm", verdict.template, best_guess=verdict.best_guess
        )
    return Verdict(answer.label, confidence, "llm", verdict.template)
