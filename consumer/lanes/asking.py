"""Ask the pool about the templates of a batch, and say how that stands."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from consumer.llm.blocking import BlockingPool
from consumer.llm.decisions import Answers, Decision
from consumer.llm.prompt import Question
from consumer.log import get_logger
from consumer.records.pending import Canary
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from pipeline.cascade import Cascade
from pipeline.examples import Example, NearestExamples, read_examples

CALLS_PER_BATCH = 3
"""How many times the deadline of a call a batch may take, so that what fails can be tried again."""
MAX_PAUSE_S = 15.0
_LOOK_EVERY_S = 0.25


class Asking:
    """Questions of one lane to the LLM. Without a pool there are no answers."""

    def __init__(
        self,
        settings: Settings,
        pool: BlockingPool | None,
        metrics: Metrics,
        health: Health,
        stopping: Callable[[], bool],
    ) -> None:
        self._settings = settings.llm
        self._pool = pool
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        self._nearest: NearestExamples | None = None

    def swap_bundle(self, cascade: Cascade) -> None:
        """Ask by the labels and the examples of a bundle."""
        self._nearest = NearestExamples(read_examples(cascade.bundle.examples), cascade.embedding.encoder)
        if self._pool is not None:
            self._pool.swap_labels(cascade.bundle.manifest.labels)

    def ask(self, questions: Sequence[Question], canaries: Sequence[Canary]) -> Answers:
        """Return an answer for each question; canaries go along where the budget has room. Blocks meanwhile."""
        if self._pool is None:
            return {}
        size = self._settings.templates_per_call
        futures = [
            self._submit(self._pool, questions[start : start + size])
            for start in range(0, len(questions), size)
        ]
        checked: Future[Answers] | None = None
        if canaries and not self._pool.state().wait_s:
            asked = [Question(canary.template, canary.source) for canary in canaries[:size]]
            checked = self._submit(self._pool, asked)
        while wait([*futures, *([checked] if checked else [])], timeout=_LOOK_EVERY_S).not_done:
            self._health.beat()
            if self._stopping():
                self._pool.abandon()
        if checked:
            self._compare(canaries, checked.result())
        return {question: answer for future in futures for question, answer in future.result().items()}

    def pause_s(self, came_to_nothing: bool) -> float:
        """Return how long to wait before the next batch: where the last was of no use, until a call can be made."""
        if self._pool is None:
            return 0.0
        state = self._pool.state()
        self._metrics.show_llm(state)
        self._report(state.refusal)
        return min(max(state.wait_s, 1.0), MAX_PAUSE_S) if came_to_nothing else 0.0

    def _report(self, refusal: str | None) -> None:
        if refusal is None:
            self._health.clear("llm")
        elif self._health.set_degraded("llm", refusal):
            get_logger().error("the LLM refuses us; its events wait", reason=refusal)

    def _compare(self, canaries: Sequence[Canary], answers: Answers) -> None:
        for canary in canaries:
            answer = answers.get(Question(canary.template, canary.source))
            if isinstance(answer, Decision):
                self._metrics.canary.labels("yes" if answer.label == canary.label else "no").inc()

    def _submit(self, pool: BlockingPool, questions: Sequence[Question]) -> Future[Answers]:
        examples: list[Example] = []
        try:
            if self._nearest is not None:
                examples = self._nearest([question.template for question in questions])
        except (
            Exception
        ) as error:  # an encoder that cannot bear one of them: they are asked about all the same
            get_logger().error("no examples for the LLM", error=type(error).__name__)
        return pool.submit(questions, self._settings.deadline_s * CALLS_PER_BATCH, examples)
