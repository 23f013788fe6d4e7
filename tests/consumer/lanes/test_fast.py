"""The fast lane's processor: what becomes of each record of a batch, also where a tier raises."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from structlog.testing import capture_logs

from consumer.errors import ConsumerError
from consumer.lanes.contract import BatchResult
from consumer.lanes.fast import FastProcessor
from consumer.records.decoding import UndecodableError, decoder
from consumer.records.incoming import event_id
from consumer.records.pending import CANARY_HEADER, PENDING_HEADER, partition_of, read_canary, read_pending
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.routes import Routes
from pipeline.verdict import UNCLASSIFIED, Verdict
from tests.support.consumed import consumed
from tests.support.default_model import bundle
from tests.support.default_model import new_cascade as real_cascade
from tests.support.outcomes import dead, labelled, messages, others, outcomes, pending

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


@given(st.lists(st.sampled_from(["fine", POISON, "broken"]), min_size=1, max_size=60))
@examples(max_examples=300)
def test_each_record_has_one_outcome_and_only_poison_dies_of_its_batch(kinds: list[str]) -> None:
    batch = [raw(b"{") if kind == "broken" else record(f"{kind} {n}") for n, kind in enumerate(kinds)]
    decided = processor(Brittle()).decide(batch)
    expected = {"fine": "logs.labelled", POISON: "failed", "broken": "not_json"}
    assert outcomes(decided, batch) == {
        event_id(message): [expected[kind]] for message, kind in zip(batch, kinds, strict=True)
    }
    # In order, and what is published is what was decided.
    assert messages(decided.rows) == batch
    fine = [m for m, kind in zip(batch, kinds, strict=True) if kind == "fine"]
    assert messages(labelled(decided)) == fine
    for row, message in zip(labelled(decided), fine, strict=True):
        sent = msgspec.json.decode(message.value() or b"")["log_message"]
        got = msgspec.json.decode(row.record.value or b"")
        assert row.verdict is not None
        assert got["log_message"] == row.verdict.template == got["classification"]["template"] == sent


def test_isolation_costs_a_few_calls_and_not_one_for_each_event() -> None:
    batch = [record(f"fine {n}") for n in range(1_000)]
    batch[617] = record(POISON)
    cascade = Brittle()
    decided = processor(cascade).decide(batch)
    assert len(labelled(decided)) == 999
    assert cascade.calls <= 2 + 2 * 10  # two for each halving of a thousand


def test_a_letter_names_the_error_and_the_log_does_not_show_the_message() -> None:
    batch = [record("fine"), record(f"{POISON} secret-of-theirs"), record("fine too")]
    with capture_logs() as logs:
        (letter,) = dead(processor(Brittle()).decide(batch))
    assert (letter.reason, letter.message) == ("failed", batch[1])
    assert dict(letter.record.headers)["error"].startswith(b"ValueError: cannot bear")  # type: ignore[union-attr]
    (entry,) = logs
    assert (entry["event_id"], entry["error"]) == (event_id(batch[1]), "ValueError")
    assert "secret-of-theirs" not in str(entry)
    assert POISON not in str(entry)


def test_a_long_error_is_cut() -> None:
    class Verbose(Brittle):
        def label(self, events: Sequence[Event]) -> list[Verdict]:
            if any(event.message == "fine" for event in events):
                raise ValueError("x" * 100_000)
            return super().label(events)

    (letter,) = dead(processor(Verbose()).decide([record("fine")]))
    assert len(dict(letter.record.headers)["error"] or b"") == 1_000


def test_an_interrupt_is_not_taken_for_poison() -> None:
    class Interrupted(Brittle):
        def label(self, events: Sequence[Event]) -> list[Verdict]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        processor(Interrupted()).decide([record("fine")])


def test_where_everything_fails_nothing_is_dead() -> None:
    class Broken(Brittle):
        def label(self, events: Sequence[Event]) -> list[Verdict]:
            raise RuntimeError("the encoder is out of memory")

    with pytest.raises(
        ConsumerError, match=r"^no event can be labelled \(RuntimeError\): the bundle"
    ) as caught:
        processor(Broken()).decide([record(f"fine {n}") for n in range(10)])
    assert "out of memory" not in str(caught.value)


def test_where_all_of_a_small_batch_is_poison_all_of_it_is_dead() -> None:
    decided = processor(Brittle()).decide([record(POISON), record(POISON)])
    assert [letter.reason for letter in dead(decided)] == ["failed", "failed"]


def asking(**llm: Any) -> Settings:
    return Settings.model_validate({"llm": ENABLED | llm})


def test_what_only_the_llm_can_tell_waits_whole() -> None:
    theirs = [("host", b"node-1"), (PENDING_HEADER, b"theirs"), (CANARY_HEADER, b"theirs"), ("none", None)]
    batch = [
        record("fine"),
        record(UNSURE, key=b"\x00key", headers=theirs, timestamp_ms=1_600_000_000_000),
        record("fine too"),
    ]
    decided = processor(Brittle(), asking()).decide(batch)
    assert outcomes(decided, batch) == {
        event_id(batch[0]): ["logs.labelled"],
        event_id(batch[1]): ["logs.pending"],
        event_id(batch[2]): ["logs.labelled"],
    }
    assert len(pending(decided)) == 1
    again = processor(Brittle(), asking()).decide(batch)
    (waiting,) = [row.record for row in pending(again)]
    assert (waiting.value, waiting.key) == (batch[1].value(), b"\x00key")
    assert waiting.partition == partition_of(UNSURE, "app", PARTITIONS)
    read = read_pending(waiting.headers)
    assert read is not None
    known, headers = read
    assert headers == theirs
    assert known.event_id == event_id(batch[1])
    assert (known.timestamp_ms, known.attempt) == (1_600_000_000_000, 0)
    assert (known.best_guess, known.confidence) == ("Error", 0.4)


def test_nothing_waits_where_there_is_no_llm_or_no_route_to_it() -> None:
    batch = [record(UNSURE), record(UNSURE, "Local")]
    without = processor(Brittle()).decide(batch)
    assert pending(without) == []
    assert [row.verdict.best_guess for row in labelled(without) if row.verdict] == ["Error", "Error"]
    routes = Routes({"Local": ("rules", "embedding")})
    decided = processor(Brittle(routes), asking()).decide(batch)
    assert outcomes(decided, batch) == {
        event_id(batch[0]): ["logs.pending"],
        event_id(batch[1]): ["logs.labelled"],
    }


def test_poison_alone_is_dead_where_every_new_template_is_a_canary() -> None:
    settings = Settings.model_validate({"llm": ENABLED | {"canary": 1}})
    decided = processor(Brittle(), settings).decide([record(POISON)])
    assert [letter.reason for letter in dead(decided)] == ["failed"]
    assert others(decided) == []


def test_poison_does_not_keep_others_from_waiting() -> None:
    batch = [record("fine"), record(POISON), record(UNSURE), record("fine")]
    decided = processor(Brittle(), asking(canary=1)).decide(batch)
    assert outcomes(decided, batch) == {
        event_id(batch[0]): ["logs.labelled"],
        event_id(batch[1]): ["failed"],
        event_id(batch[2]): ["logs.pending"],
        event_id(batch[3]): ["logs.labelled"],
    }


def canaries(decided: BatchResult) -> list[str]:
    """Return the templates of the questions about templates."""
    found = []
    for outgoing in others(decided):
        canary = read_canary(consumed(outgoing.value, headers=list(outgoing.headers)))
        assert canary is not None
        assert (canary.source, canary.label) == ("app", "Error")
        assert outgoing.partition == partition_of(canary.template, "app", PARTITIONS)
        found.append(canary.template)
    return found


def test_a_canary_is_sent_once_for_a_template_and_never_for_what_waits() -> None:
    fast = processor(Brittle(), asking(canary=1))
    assert canaries(fast.decide([record("one"), record("two"), record(UNSURE)])) == ["one", "two"]
    assert canaries(fast.decide([record("two"), record("three")])) == ["three"]
    assert canaries(processor(Brittle(), asking()).decide([record("one")])) == []


def test_every_replica_picks_the_same_share_of_canaries() -> None:
    batch = [record(f"line of kind {n}") for n in range(2_000)]
    first, second = (canaries(processor(Brittle(), asking(canary=0.1)).decide(batch)) for _ in range(2))
    assert first == second
    assert 120 < len(first) < 280


def test_another_bundle_labels_from_the_next_batch_on() -> None:
    fast = processor(Brittle())
    other = Brittle()
    other.bundle = msgspec.structs.replace(bundle(), digest="f" * 64)
    (before,) = fast.decide([record("fine")]).rows
    fast.swap_bundle(other)  # type: ignore[arg-type]
    (after,) = fast.decide([record("fine")]).rows
    versions = [
        msgspec.json.decode(each.record.value or b"")["classification"]["bundle"] for each in (before, after)
    ]
    assert versions == [bundle().version, other.bundle.version]


@given(
    st.lists(st.one_of(st.binary(max_size=60), st.none(), st.text(max_size=30).map(str.encode)), max_size=30)
)
@examples(max_examples=100)
def test_whatever_bytes_come_each_has_one_outcome(values: list[bytes | None]) -> None:
    batch = [raw(value) for value in values]
    decided = processor(Brittle()).decide(batch)
    assert all(len(found) == 1 for found in outcomes(decided, batch).values())


_cascade: list[Cascade] = []


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.text(max_size=10))
@examples(max_examples=60)
def test_whatever_message_comes_is_labelled_by_the_built_in_bundle(message: str, source: str) -> None:
    if not _cascade:
        _cascade.append(real_cascade())
    value = msgspec.json.encode({"source": source, "log_message": message})
    try:
        decoder("json", "source", "log_message")(value)
    except UndecodableError:
        return
    batch = [raw(value)]
    decided = processor(_cascade[0]).decide(batch)
    assert outcomes(decided, batch) == {event_id(batch[0]): ["logs.labelled"]}
