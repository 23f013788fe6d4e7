"""The cascade with the built-in encoder and classifier, and with rules and routes of these tests."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bundle import Bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.memory import Remembered, VerdictMemory
from pipeline.routes import Routes
from pipeline.rules import Rule, RuleSet
from pipeline.verdict import TIERS, UNCLASSIFIED, Verdict
from tests.support.default_model import bundle, new_tier

FULL = "write to /data/seg-17 failed: no space left on device"
RULES = RuleSet(
    [
        Rule("disk-full", "Critical Error", "no space left on device", match=(FULL,)),
        Rule("audit", "Security Alert", "audit", match=("audit trail opened",), source="Vault"),
    ],
    bundle().labels,
)
ROUTES = Routes(
    {
        "LegacyCRM": ("memory", "llm"),
        "MemoryFirst": ("memory", "rules", "embedding"),
        "RulesAlone": ("rules",),
        "EmbeddingFirst": ("embedding", "rules", "memory"),
    }
)
BY_RULE = Verdict("Critical Error", 1.0, "rules", mask(FULL), rule="disk-full")
MODEL = Remembered("Resource Usage", 0.8, "model")
PERSON = Remembered("System Notification", 1.0, "person")


def ours() -> Bundle:
    return msgspec.structs.replace(bundle(), rules=RULES, routes=ROUTES)


def cascade(
    memory: VerdictMemory | None = None, max_entries: int = 1_000, threshold: float | None = None
) -> Cascade:
    """Return a cascade that has not seen anything yet, its caches of the size given."""
    memory = VerdictMemory() if memory is None else memory
    return Cascade(ours(), new_tier(max_entries, threshold), memory, max_entries)


def remembering(*verdicts: Remembered, message: str = FULL, sources: tuple[str, ...]) -> VerdictMemory:
    memory = VerdictMemory()
    for source in sources:
        for verdict in verdicts:
            memory.put(mask(message), source, verdict)
    return memory


def label(message: str, source: str, memory: VerdictMemory | None = None) -> Verdict:
    (verdict,) = cascade(memory).label([Event(source, message)])
    return verdict


def remembered(verdict: Remembered, message: str = FULL) -> Verdict:
    return Verdict(verdict.label, verdict.confidence, "memory", mask(message))


SOURCES = ("app", "LegacyCRM", "MemoryFirst", "RulesAlone", "EmbeddingFirst")


def test_on_the_default_route_a_rule_outranks_what_a_model_said() -> None:
    memory = remembering(MODEL, sources=("app",))
    assert label(FULL, "app", memory) == BY_RULE
    assert label(FULL, "app") == BY_RULE


def test_a_person_outranks_every_tier_on_every_route() -> None:
    memory = remembering(MODEL, PERSON, sources=SOURCES)
    assert [label(FULL, source, memory) for source in SOURCES] == [remembered(PERSON)] * len(SOURCES)


def test_what_is_said_of_one_source_is_not_said_of_another() -> None:
    memory = remembering(PERSON, sources=("app",))
    assert cascade(memory).label([Event("app", FULL), Event("other", FULL), Event("app", FULL)]) == [
        remembered(PERSON),
        BY_RULE,
        remembered(PERSON),
    ]


def test_memory_answers_before_the_encoder() -> None:
    message = "segment 17 was handed over to the standby"
    memory = remembering(MODEL, message=message, sources=("app",))
    labelling = cascade(memory)
    assert labelling.label([Event("app", message)]) == [remembered(MODEL, message)]
    assert len(labelling.embedding) == 0


@pytest.mark.parametrize(
    ("source", "with_memory", "without_memory"),
    [
        ("app", "rules", "rules"),
        ("LegacyCRM", "memory", "none"),
        ("MemoryFirst", "memory", "rules"),
        ("RulesAlone", "rules", "rules"),
        ("EmbeddingFirst", "embedding", "embedding"),
    ],
)
def test_tiers_answer_in_the_order_of_the_route(source: str, with_memory: str, without_memory: str) -> None:
    # From a threshold of 0 on the embedding tier answers everything that reaches it.
    event = Event(source, FULL)
    for memory, tier in ((remembering(MODEL, sources=SOURCES), with_memory), (None, without_memory)):
        (verdict,) = cascade(memory, threshold=0.0).label([event])
        assert verdict.tier == tier
        assert (verdict.label, verdict.rule) != (UNCLASSIFIED, None) or tier == "none"


@pytest.mark.parametrize("source", ["LegacyCRM", "RulesAlone"])
def test_where_the_route_ends_without_an_answer_the_classifier_s_label_is_a_guess(source: str) -> None:
    message = "segment handed over"
    labelling = cascade()
    (alone,) = new_tier().label([message])
    guess = alone.best_guess or alone.label
    assert labelling.label([Event(source, message)]) == [
        Verdict(UNCLASSIFIED, alone.confidence, "none", message, best_guess=guess)
    ]
    assert guess != UNCLASSIFIED
    assert labelling.embedded == []


def test_a_rule_of_one_source_leaves_the_others_alone() -> None:
    message = "audit trail opened"
    assert label(message, "Vault") == Verdict("Security Alert", 1.0, "rules", message, rule="audit")
    assert label(message, "app").rule is None


def test_below_the_threshold_the_best_guess_is_kept_with_unclassified() -> None:
    events = [Event("app", message) for message in MESSAGES if "no space left" not in message]
    unsure = cascade(threshold=1.01).label(events)
    sure = cascade(threshold=0.0).label(events)
    assert {verdict.tier for verdict in sure} == {"embedding"}
    for guessed, answered in zip(unsure, sure, strict=True):
        assert (guessed.label, guessed.tier) == (UNCLASSIFIED, "none")
        assert guessed.best_guess in bundle().manifest.labels
        assert answered.best_guess is None
        if answered.label != UNCLASSIFIED:
            assert (guessed.best_guess, guessed.confidence) == (answered.label, answered.confidence)
        else:
            assert guessed.confidence <= answered.confidence
    assert {verdict.label for verdict in sure} > {UNCLASSIFIED}  # or the lines above prove little


def test_a_verdict_that_arrives_is_heard_at_once() -> None:
    memory = VerdictMemory()
    labelling = cascade(memory)
    event = Event("MemoryFirst", FULL)
    heard = [labelling.label([event, event])]
    for verdict in (MODEL, PERSON):
        memory.put(mask(FULL), "MemoryFirst", verdict)
        heard.append(labelling.label([event, event]))
    assert heard == [[BY_RULE] * 2, [remembered(MODEL)] * 2, [remembered(PERSON)] * 2]


def test_no_events_are_no_verdicts() -> None:
    assert cascade().label([]) == []


def test_a_bundle_is_loaded_as_it_is_read() -> None:
    labelling = load_cascade(bundle())
    events = [Event("app", message) for message in MESSAGES]
    expected = Cascade(bundle(), new_tier(), VerdictMemory()).label(events)
    assert labelling.label(events) == expected


MESSAGES = (
    FULL,
    "write to /data/seg-9021 failed: no space left on device",
    "audit trail opened",
    "Failed password for root from 203.0.113.9 port 52144 ssh2",
    "Failed password for root from 198.51.100.7 port 7 ssh2",
    "job 17 finished in 3 s",
    "job 18 finished in 4091 s",
    "connection 5f3a9c1e to 10.0.0.7:5432 reset by peer, retry 3 of 5",
    "Rect(0, 0 - 1080, 1920) q=0x7f",
    "größer als erlaubt: 17 €",
    "",
    "\x00\ud800 half",
    "line one\nline two: timeout after 30s " + "and so on " * 8,
)
DRAWN = ("app", "LegacyCRM", "EmbeddingFirst", "Vault")
events = st.builds(Event, st.sampled_from(DRAWN), st.sampled_from(MESSAGES))


@pytest.fixture(scope="module")
def alone() -> dict[Event, Verdict]:
    """The verdict of every event that the batches below are drawn from, each labelled alone and first."""
    memory = remembering(MODEL, message=MESSAGES[5], sources=("app", "LegacyCRM"))
    return {
        event: cascade(memory).label([event])[0]
        for source in DRAWN
        for event in (Event(source, message) for message in MESSAGES)
    }


@settings(max_examples=20, derandomize=True)
@given(batches=st.lists(st.lists(events, max_size=10), min_size=1, max_size=2))
def test_an_event_gets_the_same_verdict_alone_and_in_any_batch(
    alone: dict[Event, Verdict], batches: list[list[Event]]
) -> None:
    memory = remembering(MODEL, message=MESSAGES[5], sources=("app", "LegacyCRM"))
    # With room for four of everything, it forgets as it goes.
    for labelling in (cascade(memory), cascade(memory, max_entries=4)):
        for batch in batches:
            assert labelling.label(batch) == [alone[event] for event in batch]


@settings(max_examples=40, derandomize=True)
@given(batch=st.lists(st.builds(Event, st.sampled_from(SOURCES), st.text(max_size=60)), max_size=4))
def test_every_event_gets_a_verdict_whose_label_may_be_published(batch: list[Event]) -> None:
    verdicts = cascade().label(batch)
    assert [verdict.template for verdict in verdicts] == [mask(event.message) for event in batch]
    for verdict in verdicts:
        assert verdict.label in bundle().labels
        assert verdict.tier in TIERS
        assert 0 <= verdict.confidence <= 1
        assert (verdict.best_guess is not None) <= (verdict.label == UNCLASSIFIED)


def test_what_is_decided_for_the_first_time_is_shown_with_the_first_event_of_its_kind() -> None:
    labelling = cascade(threshold=0.0)
    events = [Event("app", f"job {number} was moved to queue {number}") for number in range(3)]
    audit = Event("Vault", "audit trail opened")
    verdicts = labelling.label([*events, audit])
    assert dict(labelling.decided) == {
        events[0]: verdicts[0],
        audit: verdicts[3],
    }
    assert labelling.label(events) == verdicts[:3]
    assert labelling.decided == []
    labelling.forget()
    assert labelling.label(events[1:]) == verdicts[:2]
    assert labelling.decided == [(events[1], verdicts[0])]
