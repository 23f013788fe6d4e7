"""The fast lane with an LLM behind it: what waits for it, and what it is asked besides."""

from typing import Any

from consumer.lanes.contract import BatchResult
from consumer.records.incoming import event_id
from consumer.records.pending import CANARY_HEADER, PENDING_HEADER, partition_of, read_canary, read_pending
from consumer.settings import Settings
from pipeline.routes import Routes
from tests.consumer.lanes.brittle import ENABLED, PARTITIONS, POISON, UNSURE, Brittle, processor, record
from tests.support.consumed import consumed
from tests.support.outcomes import dead, labelled, others, outcomes, pending


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
