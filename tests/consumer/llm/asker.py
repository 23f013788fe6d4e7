"""A pool of calls on a test server, and questions to ask it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from consumer.llm.decisions import Answers, Call
from consumer.llm.pool import LlmPool
from consumer.llm.prompt import Prompter, Question
from consumer.llm.providers import ChatProvider
from consumer.llm.settings import LlmSettings
from pipeline.examples import Example
from tests.support.chat_server import ChatServer, Request, Response, labels

LABELS = {"Security Alert": "Somebody may be doing harm.", "Error": "Something failed."}
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"]


def questions(count: int) -> list[Question]:
    assert count <= 300
    return [
        Question(f"{WORDS[i // 30]} {WORDS[i // 3 % 10]} {WORDS[i % 3]} stopped", "app") for i in range(count)
    ]


class Time:
    """A clock that only sleeping moves on, so that no test waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wake = self.now + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0.001)  # others that sleep do so at the same time
        self.now = max(self.now, wake)


class Asker:
    """A pool on a test server, with a clock of its own, that remembers its calls."""

    def __init__(self, server: ChatServer, **more: Any) -> None:
        budget = {"requests_per_minute": 10_000, "tokens_per_minute": 10_000_000, **more.pop("budget", {})}
        values = {
            "provider": "openai-compatible",
            "base_url": server.url,
            "model": "m",
            "budget": budget,
            **more,
        }
        self.settings = LlmSettings.model_validate(values)
        self.time = Time()
        self.calls: list[Call] = []
        self.jitter: Callable[[], float] = lambda: 1.0
        self.prompter = Prompter(LABELS, self.settings.redact)

    def __call__(
        self, asked: Iterable[Question], deadline_s: float = 60, examples: Iterable[Example] = ()
    ) -> Answers:
        return self.batches([asked], deadline_s, examples)[0]

    def batches(
        self, batches: list[Iterable[Question]], deadline_s: float = 60, examples: Iterable[Example] = ()
    ) -> list[Answers]:
        async def run() -> list[Answers]:
            async with ChatProvider(self.settings) as provider:
                self.pool = LlmPool(
                    self.settings,
                    self.prompter,
                    provider,
                    self.calls.append,
                    self.time.clock,
                    self.time.sleep,
                    lambda: self.jitter(),
                )
                return [await self.pool.decide(batch, deadline_s, list(examples)) for batch in batches]

        return asyncio.run(run())

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.calls]


def first_then(first: list[Response], rest: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Answer the first requests with these responses, each that follows by a function."""
    waiting = list(first)
    return lambda request: waiting.pop(0) if waiting else rest(request)


def all_errors(request: Request) -> Response:
    return labels((row["number"], "Error") for row in request.asked)


class Spy(list[Call]):
    """A list that also tells somebody of each call."""

    def __init__(self, tell: Callable[[Call], None]) -> None:
        self._tell = tell

    def append(self, call: Call) -> None:
        super().append(call)
        self._tell(call)
