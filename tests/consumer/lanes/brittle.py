"""A cascade that some messages break, and records for it."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from confluent_kafka import Message

from consumer.lanes.fast import FastProcessor
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import Bundle
from pipeline.event import Event
from pipeline.memory import VerdictMemory
from pipeline.recogniser import Recogniser
from pipeline.routes import Routes
from pipeline.verdict import UNCLASSIFIED, Verdict
from tests.support.consumed import consumed
from tests.support.default_model import bundle

POISON = "poison"
UNSURE = "unsure"
PARTITIONS = 4
ENABLED = {
    "provider": "openai-compatible",
    "base_url": "http://127.0.0.1:9",
    "model": "m",
    "api_key": "key",
    "canary": 0,
}


class Brittle:
    """A cascade that cannot bear some messages: it labels as one does, or raises for the whole batch."""

    def __init__(self, routes: Routes | None = None) -> None:
        self.bundle: Bundle = bundle() if routes is None else msgspec.structs.replace(bundle(), routes=routes)
        self.embedded: list[Verdict] = []
        self.memory = VerdictMemory()
        self.recogniser = Recogniser(self.bundle.rules)  # asked for nothing, so that nothing is learned of it
        self.calls = 0

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        self.calls += 1
        self.embedded = []
        if any(POISON in event.message for event in events):
            raise ValueError(f"cannot bear \x1b[2J {POISON}")
        verdicts = [self._verdict(event.message) for event in events]
        self.embedded = [verdict for verdict in verdicts if verdict.tier in ("embedding", "none")]
        return verdicts

    def _verdict(self, message: str) -> Verdict:
        if UNSURE in message:
            return Verdict(UNCLASSIFIED, 0.4, "none", message, best_guess="Error")
        return Verdict("Error", 0.9, "embedding", message)


def processor(cascade: Any, settings: Settings | None = None) -> FastProcessor:
    settings = settings or Settings.model_validate({})
    return FastProcessor(settings, cascade, Metrics(cascade.bundle.labels), PARTITIONS)


_offsets = count()


def record(message: str, source: str = "app", **more: Any) -> Message:
    return raw(msgspec.json.encode({"source": source, "log_message": message}), **more)


def raw(value: bytes | None, **more: Any) -> Message:
    return consumed(value, offset=next(_offsets), **more)
