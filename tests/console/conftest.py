"""A console in this process: the built-in bundle, a clock that a test moves, a classifier that it can hold."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from console.app import make_app
from console.classifier import Classifier
from console.parts import Parts
from console.settings import AllSettings, ConsoleSettings
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict
from tests.support.classified import cascade

ADDRESS = "http://127.0.0.1:8080"


class Gate:
    """A cascade that labels one chunk after the other when it is let."""

    def __init__(self) -> None:
        self.bundle = cascade().bundle
        self.let = threading.Semaphore(1_000_000)

    def hold(self) -> None:
        """Label nothing more until it is let again."""
        self.let = threading.Semaphore(0)

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        assert self.let.acquire(timeout=20)
        return cascade().label(events)


class Console:
    """A console and its client."""

    def __init__(self, stack: ExitStack, settings: dict[str, Any]) -> None:
        self.now = 1_000_000.0
        self.gate = Gate()
        self.classifier = stack.enter_context(closing(Classifier(cast(Cascade, self.gate))))
        parts = Parts(
            AllSettings.model_construct(console=ConsoleSettings(**settings)),
            self.classifier,
            lambda: self.now,
        )
        self.client = stack.enter_context(TestClient(make_app(parts), ADDRESS, follow_redirects=False))
        stack.callback(lambda: self.gate.let.release(1_000_000))

    def metric(self, name: str) -> float:
        """Return the value of a metric without labels."""
        text = self.client.get("/metrics").text
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


MakeConsole = Callable[..., Console]


@pytest.fixture(scope="module")
def make_console() -> Iterator[MakeConsole]:
    """Make a console with the settings that are given."""
    with ExitStack() as stack:
        yield lambda **settings: Console(stack, settings)


@pytest.fixture(scope="module")
def console(make_console: MakeConsole) -> Console:
    """A console with the settings as they are. Tests share it, so that they leave its gate open."""
    return make_console()
