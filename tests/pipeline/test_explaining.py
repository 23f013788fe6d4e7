"""Why an event has its label: an explanation that says what the cascade says, and shows what it goes by."""

from functools import cache
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.examples import read_examples
from pipeline.explaining import Model, explain
from pipeline.explanation import Explanation, Heard, TierSaid
from pipeline.features import encoder_text
from pipeline.masking import mask, parts_of
from pipeline.matching import matching
from pipeline.memory import Remembered, VerdictMemory
from pipeline.routes import Routes
from pipeline.rules import Rule, RuleSet
from tests.pipeline.mask_pieces import spaced, texts
from tests.support.classified import EVENTS
from tests.support.default_model import bundle, new_cascade, new_tier
from training.corpus import read_corpus
from training.values import expand

EVERY = 300
"""One corpus row of so many is explained: all of them would take the encoder minutes."""
TEMPLATE = "flux capacitor <num> desynchronised"
EVENT = Event("delorean", "flux capacitor 17 desynchronised")
LOGIN = Event("sshd", "Failed password for invalid user admin from 203.0.113.9 port 52144 ssh2")


@cache
def model(of: Bundle | None = None) -> Model:
    tier = new_tier()

    def embed(template: str) -> np.ndarray:
        return np.asarray(tier.encoder.encode([encoder_text(template)])[0])

    return Model(of or bundle(), tier, read_examples(bundle().examples), embed)


def said(found: Explanation, tier: str) -> TierSaid:
    return next(each for each in found.tiers if each.tier == tier)


def verdict_of(found: Explanation) -> tuple[object, ...]:
    return (found.label, found.confidence, found.tier, found.rule, found.best_guess, found.template)


def test_it_says_what_classify_says_of_the_corpus() -> None:
    random = Random(1)
    messages = [expand(row.template, random) for row in read_corpus(labels=bundle().labels)[::EVERY]]
    sources = ["LegacyCRM" if number % 9 == 0 else "" for number in range(len(messages))]
    events = [*EVENTS, *map(Event, sources, messages)]
    verdicts = new_cascade().label(events)
    assert {verdict.tier for verdict in verdicts} == {"rules", "embedding", "none"}
    for event, verdict in zip(events, verdicts, strict=True):
        found = explain(event, model())
        assert verdict_of(found) == (
            verdict.label, verdict.confidence, verdict.tier, verdict.rule, verdict.best_guess, verdict.template
        )  # fmt: skip
        decided = [each for each in found.tiers if each.outcome == "decided"]
        assert [each.tier for each in decided] == ([] if verdict.tier == "none" else [verdict.tier])


HEARD = [
    Heard("Critical Error", 0.9, "model", "a-model", "delorean", 1),
    Heard("User Action", 1.0, "person", "ada", "delorean", 2),
    Heard("Error", 1.0, "person", "bob", "*", 3),
    Heard("no label of the bundle", 1.0, "person", "eve", "delorean", 4),
]


@pytest.mark.parametrize(
    "route", [("rules", "memory", "embedding"), ("embedding", "memory"), ("rules", "llm")]
)
@pytest.mark.parametrize("count", range(len(HEARD) + 1))
@pytest.mark.parametrize("source", ["delorean", "other"])
def test_it_says_what_the_memory_and_the_route_say(route: tuple[str, ...], count: int, source: str) -> None:
    routed = msgspec.structs.replace(bundle(), routes=Routes({}, route))  # type: ignore[arg-type]
    memory = VerdictMemory()
    for each in HEARD[:count]:
        memory.put(TEMPLATE, each.source, Remembered(each.label, each.confidence, each.by, each.at_ms))
    event = Event(source, EVENT.message)
    [verdict] = Cascade(routed, new_tier(), memory).label([event])
    found = explain(event, model()._replace(bundle=routed), HEARD[:count])
    assert verdict_of(found) == (
        verdict.label, verdict.confidence, verdict.tier, verdict.rule, verdict.best_guess, verdict.template
    )  # fmt: skip
    assert found.heard == tuple(HEARD[:count])


def test_a_rule_that_decides_shows_what_it_matched_and_what_would_match_after_it() -> None:
    found = explain(LOGIN, model())
    first = found.rules[0]
    assert (first.name, found.rule) == (found.rule, first.name)
    assert found.message[first.start : first.end].startswith("Failed password for")
    assert said(found, "rules").outcome == "decided"
    assert said(found, "embedding").outcome == "would say"
    assert said(found, "memory").outcome == "not asked"
    assert said(found, "llm").outcome == "not asked"


RULES = RuleSet(
    [
        Rule("of-mail", "Error", "lost", ("link lost",), source="mail"),
        Rule("bad", "Error", "link .* lost", ("link a lost",), severity="error"),
        Rule("any", "Error", "link", ("link",)),
        Rule("seven", "Error", "port 7", ("port 7 open",)),
    ],
    ["Error"],
)  # fmt: skip


def test_rules_for_others_and_later_ones_are_there_and_say_so() -> None:
    found = matching(RULES, Event("web", "\x1b[31mthe link to lost\x1b[0m", "error"))
    assert [(each.name, each.place, each.applies, each.start, each.end) for each in found] == [
        ("of-mail", 1, False, 12, 16),
        ("bad", 2, True, 4, 16),
        ("any", 3, True, 4, 8),
    ]
    assert matching(RULES, Event("", "port 8")) == ()


def test_a_rule_that_a_template_does_not_show_is_shown_by_its_own_example() -> None:
    assert matching(RULES, Event("", "port <num>")) == ()
    [found] = matching(RULES, Event("", "port <num>"), "seven")
    assert found.applies
    assert found.example is not None
    assert found.example[found.start : found.end] == "port 7"


def test_words_probabilities_and_nearest_templates_speak_of_the_likeliest_label() -> None:
    found = explain(Event("", "The use of foo() is deprecated, use bar() instead"), model()).classified
    assert found.about == found.probabilities[0].label == "Deprecation Warning"
    assert {each.label for each in found.probabilities} == set(bundle().labels)
    assert [each.probability for each in found.probabilities] == sorted(
        (each.probability for each in found.probabilities), reverse=True
    )
    assert found.words is not None
    assert found.words.words[0].text == "deprecated"
    assert {each.label for each in found.near} == {"Deprecation Warning"}
    assert found.near[0].alike <= 1.001
    assert found.doubts == ()


def test_what_is_no_text_can_be_explained_and_written_all_the_same() -> None:
    found = explain(Event("a\ud800b", "link \udc80 lost"), model())
    assert (found.source, found.message) == ("a?b", "link ? lost")
    assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found


def test_it_says_so_where_too_few_words_are_known() -> None:
    found = explain(Event("", "zqx wvut prst lkjh mnbv"), model()).classified
    assert found.doubts == ("too few of its words are known",)
    assert sum(each.probability for each in found.probabilities) < 0.9


def test_what_a_structured_message_says_is_what_the_classifier_reads() -> None:
    found = explain(
        Event("", '{"msg": "disk is full", "ts": "2026-03-01T00:00:00Z", "pid": 17, "thread": 4}'), model()
    )
    assert "disk is full" in found.classified.reads
    assert "thread" in found.template
    assert "thread" not in found.classified.reads


@settings(max_examples=50)
@given(texts | spaced)
def test_the_parts_of_a_message_make_up_its_template(message: str) -> None:
    assert "".join(part.masked for part in parts_of(message)) == mask(message)
