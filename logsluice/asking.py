"""``classify --llm``: the LLM's word on the rows of a file that no tier decides, each template asked about once."""

from collections.abc import Sequence

from consumer.errors import ConsumerError, SettingsError
from consumer.llm.blocking import BlockingPool
from consumer.llm.pool import Decision
from consumer.llm.prompt import Question
from consumer.records.verdict import now_ms
from consumer.settings import Settings
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.examples import NearestExamples, read_examples
from pipeline.memory import Remembered
from pipeline.verdict import UNCLASSIFIED, Verdict


def require_llm(settings: Settings) -> None:
    """Return if there is an LLM to ask.

    Raises:
        SettingsError: there is none.
    """
    if not settings.llm.enabled:
        raise SettingsError(
            "no LLM is configured: set GROQ_API_KEY, or LOGSLUICE_LLM__PROVIDER and what it needs"
        )


class Asker:
    """Labels events with a cascade, and asks an LLM about those that it leaves undecided."""

    def __init__(self, settings: Settings, cascade: Cascade, pool: BlockingPool) -> None:
        self._settings = settings
        self._cascade = cascade
        self._pool = pool
        self._nearest = NearestExamples(read_examples(cascade.bundle.examples), cascade.embedding.encoder)

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        """Return one verdict for each event. Blocks while the LLM is asked, within its budget.

        What the LLM has not answered within ``PENDING_MAX_AGE_S`` stays as the cascade has it.

        Raises:
            ConsumerError: the LLM refuses us.
        """
        verdicts = self._cascade.label(events)
        questions = [
            Question(verdict.template, event.source) if self._is_for_llm(event, verdict) else None
            for event, verdict in zip(events, verdicts, strict=True)
        ]
        unique = sorted({question for question in questions if question is not None})
        if not unique:
            return verdicts
        size = self._settings.llm.templates_per_call
        futures = []
        for start in range(0, len(unique), size):
            group = unique[start : start + size]
            examples = self._nearest([question.template for question in group])
            futures.append(self._pool.submit(group, self._settings.pending_max_age_s, examples))
        answers = {question: answer for future in futures for question, answer in future.result().items()}
        refusal = self._pool.state().refusal
        if refusal is not None:
            raise ConsumerError(refusal)
        confidence = self._settings.llm.confidence
        for question, answer in answers.items():
            if isinstance(answer, Decision):
                known = Remembered(answer.label, confidence, "model", now_ms())
                self._cascade.memory.put(question.template, question.source, known)
        return [
            _decided(verdict, answers.get(question) if question is not None else None, confidence)
            for verdict, question in zip(verdicts, questions, strict=True)
        ]

    def _is_for_llm(self, event: Event, verdict: Verdict) -> bool:
        return verdict.tier == "none" and "llm" in self._cascade.bundle.routes.of(event.source)


def _decided(verdict: Verdict, answer: object, confidence: float) -> Verdict:
    if not isinstance(answer, Decision):
        return verdict
    if answer.label == UNCLASSIFIED:
        return Verdict(
            UNCLASSIFIED, verdict.confidence, "llm", verdict.template, best_guess=verdict.best_guess
        )
    return Verdict(answer.label, confidence, "llm", verdict.template)
