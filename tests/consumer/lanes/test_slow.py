"""The slow lane's processor: what becomes of each pending record of a batch, also where asking raises."""

import json
import time
from collections.abc import Mapping, Sequence
from itertools import count, islice
from typing import Any

import msgspec
import pytest
from confluent_kafka import Message
from structlog.testing import capture_logs

from consumer.lanes.contract import BatchResult
from consumer.lanes.slow import SlowProcessor
from consumer.lanes.waiting import MAX_ATTEMPTS
from consumer.llm.blocking import BlockingPool
from consumer.llm.pool import LlmPool
from consumer.llm.prompt import Prompter
from consumer.llm.reply import Reply
from consumer.records.pending import CANARY_HEADER, PENDING_HEADER, Canary, Pending
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from pipeline.examples import NearestExamples
from pipeline.masking import mask
from pipeline.verdict import UNCLASSIFIED
from tests.support.consumed import consumed
from tests.support.default_model import bundle, new_cascade
from tests.support.outcomes import dead, labelled, messages, pending

POISON = "poison"
SETTINGS = Settings.model_validate(
    {
        "llm": {
            "provider": "openai-compatible",
            "base_url": "http://127.0.0.1:9",
            "model": "m",
            "api_key": "key",
            "templates_per_call": 4,
            "budget": {"requests_per_minute": 1_000, "tokens_per_minute": 10_000_000},
        }
    }
)


class Brittle:
    """A provider that says Error of whatever it is asked, and cannot bear some questions."""

    def __init__(self, cannot_bear: str = POISON) -> None:
        self.calls = 0
        self._cannot_bear = cannot_bear

    async def ask(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], timeout_s: float
    ) -> Reply:
        self.calls += 1
        if self._cannot_bear in messages[-1]["content"]:
            raise ValueError(f"cannot bear {self._cannot_bear}")
        rows = [{"number": number, "label": "Error"} for number in range(1, 5)]
        return Reply(json.dumps({"labels": rows}), 10, 10)

    async def close(self) -> None:
        pass


_offsets = count()


def waiting(message: str, attempt: int = 0) -> Message:
    known = Pending("logs.raw-0-1", int(time.time() * 1000), attempt=attempt, best_guess="Error")
    header = msgspec.json.encode(known)
    value = msgspec.json.encode({"source": "app", "log_message": message})
    return consumed(value, headers=[(PENDING_HEADER, header)], offset=next(_offsets))


def canary(template: str) -> Message:
    content = msgspec.json.encode(Canary(template, "app", "Error"))
    return consumed(content, headers=[(CANARY_HEADER, b"1")], offset=next(_offsets))


def decided(batch: Sequence[Message], provider: Brittle, settings: Settings = SETTINGS) -> BatchResult:
    labels = bundle().manifest.labels
    pool = LlmPool(SETTINGS.llm, Prompter(labels, SETTINGS.llm.redact), provider)
    with BlockingPool(pool, provider) as blocking:
        processor = SlowProcessor(
            settings, new_cascade(), blocking, 0, Metrics(bundle().labels), Health(), lambda: False
        )
        return processor.decide(batch)


def tiers(result: BatchResult) -> set[str]:
    return {row.verdict.tier for row in labelled(result) if row.verdict}


def fine(number: int) -> list[Message]:
    """Return so many pending events, each of a template of its own."""
    letters = "bcdfghjklm"
    words = (f"{a}{b}aq stopped" for a in letters for b in letters)
    return [waiting(message) for message in islice(words, number)]


def test_a_question_that_cannot_be_asked_waits_on_and_the_rest_is_labelled() -> None:
    batch = fine(10)
    batch[5] = waiting(f"{POISON} secret-of-theirs")
    with capture_logs() as logs:
        found = decided(batch, Brittle())
    (again,) = pending(found)
    assert (again.message, dead(found)) == (batch[5], [])
    assert messages(labelled(found)) == [message for message in batch if message is not batch[5]]
    assert tiers(found) == {"llm"}
    assert msgspec.json.decode(dict(again.record.headers)[PENDING_HEADER] or b"")["attempt"] == 1
    assert {entry["error"] for entry in logs} == {"ValueError"}
    assert "secret-of-theirs" not in str(logs)


def test_in_the_end_it_is_published_with_its_best_guess() -> None:
    found = decided([waiting(POISON, attempt=MAX_ATTEMPTS - 1)], Brittle())
    (row,) = labelled(found)
    verdict = row.verdict
    assert verdict is not None
    assert (verdict.label, verdict.best_guess, verdict.tier) == (UNCLASSIFIED, "Error", "none")


def test_only_the_group_that_failed_is_asked_again() -> None:
    batch = fine(40)
    batch[17] = waiting(POISON)
    provider = Brittle()
    assert len(labelled(decided(batch, provider))) == 39
    assert provider.calls == 10 + 2 * 2  # two for each halving of four


def test_an_event_that_cannot_be_masked_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def brittle(message: str) -> str:
        if POISON in message:
            raise RecursionError(POISON)
        return mask(message)

    monkeypatch.setattr("pipeline.recogniser.mask_clean", brittle)
    batch = [*fine(1), waiting(POISON), *fine(2)]
    found = decided(batch, Brittle())
    assert messages(found.rows[: len(batch)]) == batch
    assert messages(dead(found)) == [batch[1]]
    assert messages(labelled(found)) == [batch[0], *batch[2:]]


def test_a_canary_that_cannot_be_asked_is_left_out() -> None:
    batch = [*fine(1), canary(POISON)]
    found = decided(batch, Brittle())
    assert (messages(found.rows), dead(found), found.taken) == ([batch[0]], [], 2)


def test_where_nothing_can_be_asked_all_of_it_waits_and_nothing_is_dead() -> None:
    briefly = SETTINGS.llm.model_copy(update={"deadline_s": 1.0})
    found = decided(fine(10), Brittle(cannot_bear=""), SETTINGS.model_copy(update={"llm": briefly}))
    assert (len(pending(found)), dead(found), labelled(found)) == (10, [], [])


def test_templates_that_cannot_be_encoded_are_asked_about_without_examples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def brittle(*_: object) -> None:
        raise MemoryError(POISON)

    monkeypatch.setattr(NearestExamples, "__call__", brittle)
    found = decided(fine(3), Brittle())
    assert tiers(found) == {"llm"}
    assert len(labelled(found)) == 3


@pytest.mark.parametrize("form", ["json", "same"])
def test_an_event_of_a_record_of_several_comes_out_alone(form: str) -> None:
    known = Pending("logs.raw-0-1.3", int(time.time() * 1000), best_guess="Error")
    headers = [(PENDING_HEADER, msgspec.json.encode(known))]
    batch = [consumed(b'[{"source":"app","message":"baq stopped"}]', headers=headers)]
    found = decided(batch, Brittle(), SETTINGS.model_copy(update={"output_format": form}))
    (row,) = labelled(found)
    value = msgspec.json.decode(row.record.value or b"")
    (value,) = value if form == "same" else [value]
    assert (value["message"], value["classification"]["event_id"]) == ("baq stopped", "logs.raw-0-1.3")
    assert dict(row.record.headers)["event_id"] == b"logs.raw-0-1.3"


def test_a_record_of_several_events_is_no_pending_event() -> None:
    known = Pending("logs.raw-0-1.3", int(time.time() * 1000))
    headers = [(PENDING_HEADER, msgspec.json.encode(known))]
    (letter,) = dead(decided([consumed(b'[{"message":"a"},{"message":"b"}]', headers=headers)], Brittle()))
    assert letter.reason == "not_pending"
