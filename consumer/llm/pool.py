"""The pool: many questions, few calls, within limits.

Each question is asked once, several in a call, a few calls at a time. A call begins only where the circuit
breaker and the budget allow, and where its whole deadline fits into that of the batch; what fails for a
passing reason is tried again within it. A question ends with a label of the taxonomy, or the reason why not.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import monotonic

import msgspec

from consumer.llm.answer import UnreadableError, read_labels
from consumer.llm.breaker import CircuitBreaker
from consumer.llm.budget import Budget
from consumer.llm.decisions import Answers, Call, Decision, Observer, Reason, State, Undecided
from consumer.llm.failures import CallError, Outcome, RefusedError, RetryableError
from consumer.llm.prompt import Prompt, Prompter, Question, groups
from consumer.llm.providers import Provider
from consumer.llm.settings import LlmSettings
from consumer.log import get_logger
from pipeline.examples import Example

_FIRST_BACKOFF_S = 0.5
_MAX_BACKOFF_S = 20.0


class _Batch(msgspec.Struct):
    """What one `LlmPool.decide` keeps to: no call begins after ``last_start``, each may take ``call_s``."""

    examples: Sequence[Example]
    call_s: float
    last_start: float
    answers: Answers


class LlmPool:
    """Asks an LLM within the limits of the settings. Lives in one event loop; the provider is not its own."""

    def __init__(
        self,
        settings: LlmSettings,
        prompter: Prompter,
        provider: Provider,
        observer: Observer = lambda call: None,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._prompter = prompter
        self._provider = provider
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._budget = Budget(settings.budget, clock)
        self._breaker = CircuitBreaker(clock=clock)
        self._slots = asyncio.Semaphore(settings.max_concurrency)
        self._call_ended = asyncio.Event()
        self._asking: set[asyncio.Task[None]] = set()
        self._refusal: str | None = None
        self._was_refused = False

    def swap_labels(self, labels: Mapping[str, str]) -> None:
        """Ask by another taxonomy (label to meaning) from the next question on."""
        self._prompter = Prompter(labels, self._settings.redact)

    def state(self) -> State:
        """Return how the pool stands now."""
        wait_s = max(self._breaker.wait_s(), self._budget.wait_s(1))
        return State(self._breaker.circuit, wait_s, self._refusal, self._budget.left())

    async def decide(
        self, questions: Iterable[Question], deadline_s: float, examples: Sequence[Example] = ()
    ) -> Answers:
        """Ask of each question once and return what became of it, within ``deadline_s`` seconds.

        A call may take ``LLM__DEADLINE_S``, or half of the batch's deadline where that is less. ``examples``
        go into every call.
        """
        unique = list(dict.fromkeys(questions))
        call_s = min(self._settings.deadline_s, deadline_s / 2)
        batch = _Batch(examples, call_s, self._clock() + deadline_s - call_s, answers={})
        tasks = [
            asyncio.create_task(self._ask(group, batch))
            for group in groups(unique, self._settings.templates_per_call)
        ]
        self._asking.update(tasks)
        try:
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._asking.difference_update(tasks)
        for end in ends:
            if isinstance(end, Exception):  # a fault of ours; abandoned, a task ends with a BaseException
                raise end
        return {question: batch.answers.get(question, Undecided("abandoned")) for question in unique}

    def abandon(self) -> None:
        """Stop asking: each `decide` that is under way returns at once, with what is known by now."""
        for task in self._asking:
            task.cancel()

    async def _ask(self, group: Sequence[Question], batch: _Batch) -> None:
        """Ask of a group until it is answered or time is up; in halves where the answer is of no use."""
        prompt = self._prompter.prompt(group, batch.examples)
        failures = 0
        while True:
            async with self._slots:
                reason, wait_s = self._obstacle(prompt)
                if reason is None and self._clock() <= batch.last_start:
                    try:
                        batch.answers.update(await self._call(prompt, group, batch.call_s))
                        return
                    except UnreadableError:
                        break
                    except RefusedError:
                        batch.answers.update(dict.fromkeys(group, Undecided("refused")))
                        return
                    except RetryableError as error:
                        failures += 1
                        reason, wait_s = error.outcome, max(error.after_s or 0.0, self._backoff_s(failures))
            if self._clock() + wait_s > batch.last_start:
                batch.answers.update(dict.fromkeys(group, Undecided(reason or "late", wait_s)))
                return
            if self._breaker.probing:
                await self._call_ended.wait()
            else:
                await self._sleep(wait_s)

        if len(group) == 1:
            batch.answers[group[0]] = Undecided("unreadable")
            return
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            await self._ask(half, batch)

    def _obstacle(self, prompt: Prompt) -> tuple[Reason | None, float]:
        """Return why a call may not be made now, and for how many seconds; None if it may."""
        wait_s = self._breaker.wait_s()
        if wait_s > 0 or self._breaker.probing:
            return "circuit", wait_s
        wait_s = self._budget.wait_s(prompt.tokens)
        return ("budget" if wait_s > 0 else None), wait_s

    def _backoff_s(self, failures: int) -> float:
        return self._jitter() * min(_FIRST_BACKOFF_S * 2.0**failures, _MAX_BACKOFF_S)

    async def _call(self, prompt: Prompt, group: Sequence[Question], call_s: float) -> Answers:
        """Make one call and account for it, however it ends."""
        started = self._clock()
        reservation = self._budget.reserve(prompt.tokens)
        is_probe = self._breaker.enter()
        outcome: Outcome = "abandoned"
        spent = prompt.tokens  # unless the reply says otherwise
        prompt_tokens = completion_tokens = 0
        labels: dict[int, str] = {}
        try:
            reply = await self._provider.ask(prompt.messages, prompt.schema, call_s)
            prompt_tokens, completion_tokens = reply.prompt_tokens or 0, reply.completion_tokens or 0
            spent = prompt_tokens + completion_tokens or spent
            labels = read_labels(reply.text, len(group), self._prompter.labels)
            outcome = "answered"
        except UnreadableError:
            outcome = "unreadable"
            raise
        except CallError as error:
            outcome = error.outcome
            self._refusal = str(error) if isinstance(error, RefusedError) else None
            if outcome != "timeout":  # an answer that came too late was made all the same
                spent = 0
            if isinstance(error, RetryableError) and error.after_s:
                self._budget.hold(error.after_s)
            raise
        except Exception as error:  # a question that we, or a library, cannot handle: it is found by halves
            outcome = "unreadable"
            get_logger().error("a call to the LLM failed in logsluice", error=type(error).__name__)
            raise UnreadableError("it could not be asked") from error
        finally:
            self._budget.settle(reservation, spent)
            self._end(outcome, is_probe)
            prices = self._settings.budget
            cost = (prompt_tokens * prices.prompt_price + completion_tokens * prices.completion_price) / 1e6
            seconds = self._clock() - started
            self._observer(
                Call(outcome, seconds, len(group), len(labels), prompt_tokens, completion_tokens, cost)
            )
        missing = Undecided("unreadable")
        return {
            question: Decision(labels[number]) if number in labels else missing
            for number, question in enumerate(group, start=1)
        }

    def _end(self, outcome: Outcome, is_probe: bool) -> None:
        """Report a call to the circuit breaker, to whoever waits for a probe, and to the log where that is news."""
        failed_before = self._breaker.circuit != "closed" or self._was_refused
        if outcome == "answered":
            self._breaker.succeeded()
            self._refusal = None
        elif outcome == "abandoned":
            self._breaker.left(is_probe)
        else:
            self._breaker.failed(is_probe)
        self._was_refused = self._refusal is not None
        if outcome == "answered" and failed_before:
            get_logger().info("the LLM answers again")
        elif self._breaker.circuit == "open" and not failed_before:
            wait_s = round(self._breaker.wait_s(), 1)
            get_logger().warning("the LLM fails; it is asked again later", outcome=outcome, wait_s=wait_s)
        self._call_ended.set()
        self._call_ended = asyncio.Event()
