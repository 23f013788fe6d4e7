"""The pool for callers without an event loop: a lane, a command."""

import asyncio
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from consumer.llm.decisions import Answers, Observer, State
from consumer.llm.pool import LlmPool
from consumer.llm.prompt import Prompter, Question
from consumer.llm.providers import ChatProvider, Provider
from consumer.llm.settings import LlmSettings
from pipeline.examples import Example


class BlockingPool:
    """A pool in a thread with an event loop of its own. Every method may be called from any thread.

    Close it, or use it as a context manager: it owns the provider, and closes that too.
    """

    def __init__(self, pool: LlmPool, provider: Provider) -> None:
        self._pool = pool
        self._provider = provider
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="llm-pool", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    def submit(
        self, questions: Iterable[Question], deadline_s: float, examples: Sequence[Example] = ()
    ) -> Future[Answers]:
        """Begin `LlmPool.decide` and return at once. `abandon` stops it; what is answered by then is kept."""
        return asyncio.run_coroutine_threadsafe(
            self._pool.decide(questions, deadline_s, examples), self._loop
        )

    def decide(
        self, questions: Iterable[Question], deadline_s: float, examples: Sequence[Example] = ()
    ) -> Answers:
        """Do as `LlmPool.decide` does. Blocks for up to ``deadline_s`` seconds."""
        return self.submit(questions, deadline_s, examples).result()

    def swap_labels(self, labels: Mapping[str, str]) -> None:
        """Do as `LlmPool.swap_labels` does."""

        async def swap() -> None:
            self._pool.swap_labels(labels)

        asyncio.run_coroutine_threadsafe(swap(), self._loop).result()

    def state(self) -> State:
        """Do as `LlmPool.state` does."""

        async def state() -> State:
            return self._pool.state()

        return asyncio.run_coroutine_threadsafe(state(), self._loop).result()

    def abandon(self) -> None:
        """Make each `decide` that is under way return at once, with what is known by now. Does not block."""
        asyncio.run_coroutine_threadsafe(self._abandon(), self._loop)

    def close(self) -> None:
        """Abandon what is under way, close the connections and end the thread. To be called once."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _abandon(self) -> None:
        # A task, not a callback: so it has its turn after what was submitted before.
        self._pool.abandon()

    async def _close(self) -> None:
        self._pool.abandon()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await self._provider.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_pool(settings: LlmSettings, labels: Mapping[str, str], observer: Observer) -> BlockingPool:
    """Return a pool that asks the LLM of the settings for labels of a taxonomy (label to meaning).

    ``observer`` is called after each call to the LLM, in the thread of the pool.
    """
    provider = ChatProvider(settings)
    return BlockingPool(LlmPool(settings, Prompter(labels, settings.redact), provider, observer), provider)
