"""Suggested rules: whatever was seen, each takes its examples, no counter-example, and adds something."""

from typing import Any

import msgspec
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean
from pipeline.masking import mask
from pipeline.rules import Rule, RuleSet
from training.suggesting.candidates import candidates
from training.suggesting.choosing import choose
from training.suggesting.corpus import corpus_messages
from training.suggesting.entries import comments_on
from training.suggesting.samples import sample_message
from training.suggesting.seen import Known, Seen
from training.suggesting.shapes import is_edge, pattern_of, words_of
from training.suggesting.suggest import Wanted, suggest
from training.suggesting.suggestion import Suggestion

LABELS = ("Error", "User Action")
NO_RULES = RuleSet([], LABELS)
_PLAIN = ["payment", "declined", "by", "issuer", "Größe", "it's", "[café]", "(a+b)", "$x|y"]
_MASKED = ["user_<num>", "<num>", "<ip>:<num>", "name=<str>", "rdd_<num>_<num>", "<user>", "<secret>"]
_word = st.sampled_from([*_PLAIN, *_MASKED])
_seen = st.builds(
    Seen,
    st.lists(_word, min_size=1, max_size=7).map(" ".join),
    st.sampled_from(["shop", "web"]),
    st.sampled_from([*LABELS, "Unclassified", ""]),
    st.sampled_from([0.9, 1.0]),
    st.integers(1, 50),
    st.sampled_from(["", "Error"]),
    st.sampled_from(["", "", "other-rule"]),
)


@given(seen=st.lists(_seen, max_size=12), corpus=st.lists(_seen, max_size=3))
@settings(max_examples=50, deadline=None)
def test_each_rule_takes_its_examples_and_nothing_of_another_label(
    seen: list[Seen], corpus: list[Seen]
) -> None:
    known = [Known(sample_message(each.template), each.template, each.label or "Error") for each in corpus]
    found = suggest(seen, known, NO_RULES, LABELS, Wanted(0, 1, 100))
    RuleSet(
        [each.rule for each in found], LABELS
    )  # valid RE2, and first in the file for each of its examples
    decided = 0
    for each in found:
        expression = re2.compile(each.rule.pattern)
        assert all(expression.search(message) for message in each.rule.match)
        assert not any(expression.search(message) for message in each.rule.no_match)
        for one in seen:
            if expression.search(sample_message(one.template)):
                assert (one.label or one.now) in ("", each.rule.label)
        for row in known:
            assert row.label == each.rule.label or not expression.search(row.message)
        assert each.rule.label in LABELS
        assert each.events > 0
        decided += each.events
    assert decided <= sum(each.events for each in seen if not each.rule)
    gains = [each.events for each in found]
    assert gains == sorted(gains, reverse=True)


@given(
    covers=st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8),
    events=st.lists(st.integers(0, 30), min_size=10, max_size=10),
    least=st.integers(1, 20),
    most=st.integers(1, 8),
)
def test_what_is_chosen_is_the_greedy_choice(
    covers: list[list[int]], events: list[int], least: int, most: int
) -> None:
    expected: list[tuple[int, int]] = []
    taken: set[int] = set()
    while len(expected) < most:
        gains = [sum(events[place] for place in set(cover) - taken) for cover in covers]
        best = max(range(len(gains)), key=lambda number: (gains[number], -number), default=-1)
        if best < 0 or gains[best] < least:
            break
        expected.append((best, gains[best]))
        taken.update(covers[best])
    assert choose(covers, events, least, most) == expected


def test_the_words_of_a_template_match_the_messages_that_it_stands_for() -> None:
    """Of every 20th row of the corpus, from the first word to the last: masks and all."""
    wrong = []
    for row in corpus_messages()[::20]:
        template = mask(row.message)
        texts, spans = words_of(template)
        edges = [place for place, text in enumerate(texts) if is_edge(text)]
        if edges and "<secret>" not in template:
            pattern = pattern_of(template[spans[edges[0]][0] : spans[edges[-1]][1]])
            if not re2.compile(pattern).search(clean(row.message)):
                wrong.append((row.message, pattern))
    assert not wrong


def seen(template: str, label: str, **more: Any) -> Seen:
    return Seen(template, "app", label, **more)


def words(found: list[Seen], corpus: list[Known] | None = None) -> list[tuple[str, ...]]:
    return [each.texts for each in candidates(found, corpus or [], 100)]


def test_a_part_of_one_template_is_no_evidence_and_nearly_the_whole_of_it_is() -> None:
    assert words([seen("payment <num> declined by issuer", "Error")]) == [
        ("payment <num> declined by issuer",)
    ]


def test_words_that_recur_are_evidence_and_one_that_the_corpus_agrees_on_too() -> None:
    recurring = [
        seen(f"{name} delivery parcel misrouted at {name}", "Error") for name in ("north", "south", "west")
    ]
    assert ("delivery parcel misrouted at",) in words(recurring)
    assert ("parcel misrouted",) not in words(recurring[:1])
    corpus = [
        Known(text, text, "Error")
        for text in ("a parcel misrouted", "one parcel misrouted", "parcel misrouted")
    ]
    assert ("parcel misrouted",) in words(recurring[:1], corpus)
    contradicting = [*corpus, Known("parcel misrouted", "parcel misrouted", "User Action")]
    assert ("parcel misrouted",) not in words(recurring[:1], contradicting)


def test_one_template_of_three_sources_is_no_more_evidence_than_of_one() -> None:
    found = [
        Seen("delivery parcel misrouted at dawn", source, "Error", 1.0, 10) for source in ("a", "b", "c")
    ]
    assert words(found) == words(found[:1])
    [only] = suggest(found, [], NO_RULES, LABELS, Wanted())
    assert (only.templates, only.events, only.sources) == (1, 30, ("a", "b", "c"))


def test_what_another_label_has_in_capitals_alone_is_a_counter_example() -> None:
    found = [seen(f"{name} parcel misrouted at {name}", "Error") for name in ("north", "south", "west")]
    assert "parcel\\s+misrouted" in " ".join(
        each.rule.pattern for each in suggest(found, [], NO_RULES, LABELS, Wanted())
    )
    against = Known("a Parcel Misrouted", "a Parcel Misrouted", "User Action")
    for each in suggest(found, [against], NO_RULES, LABELS, Wanted()):
        assert not re2.search(f"(?i){each.rule.pattern}", against.message)


def test_a_suggestion_says_how_sure_its_labels_are_and_whether_one_changes() -> None:
    rule = Rule("one", "Error", "x1", ("x1",))
    one = Suggestion(rule, ("x1",), 1, 5, 5, 0.97, 0, ("app",), {}, {}, (0,))
    decides, changes = comments_on(one, None)
    assert decides.endswith("labels 0.97 sure; 0 rows of the corpus agree, none contradicts")
    assert changes == "changes no label: its events have this one already"
    other = msgspec.structs.replace(one, changes={"User Action": 5})
    assert comments_on(other, None)[1:] == ["labels that change: User Action (5 events)"]


def test_events_that_a_rule_decides_are_overlap_and_no_gain() -> None:
    rule = Rule("old", "Error", "misrouted at dawn", ("parcel misrouted at dawn",))
    found = [
        Seen("delivery parcel misrouted at dawn", "app", "Error", 1.0, 70, "Error", "old"),
        Seen("delivery parcel misrouted at noon", "app", "Error", 1.0, 20, "User Action"),
        Seen("delivery parcel misrouted at dusk", "app", "Error", 1.0, 10),
    ]
    [only] = suggest(found, [], RuleSet([rule], LABELS), LABELS, Wanted(limit=1))
    assert (only.events, only.all_events, only.overlaps) == (30, 100, {"old": 70})
    assert only.templates == 3
    assert not any("dawn" in message for message in only.rule.match)
    assert only.changes == {"User Action": 20}


def test_wanted_confidence_leaves_out_what_is_less_sure() -> None:
    found = [Seen("delivery parcel misrouted", "app", "Error", 0.92, 5)]
    assert suggest(found, [], NO_RULES, LABELS, Wanted(confidence=0.92))
    assert not suggest(found, [], NO_RULES, LABELS, Wanted(confidence=0.93))
    assert not suggest(found, [], NO_RULES, LABELS, Wanted(events=6))
