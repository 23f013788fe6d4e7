"""What relabelling knows and counts, without a broker, against the plainest way to do the same."""

from collections import Counter

import numpy as np
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from consumer.lanes.history.changes import NOT_KEPT, Changes
from consumer.lanes.history.labels import UNKNOWN, KnownLabels, Taxonomy
from consumer.lanes.history.window import Span
from pipeline.verdict import Verdict
from tests.support.consumed import consumed

LABELS = ["Error", "User Action", "Unclassified"]
TOPICS = ["logs.raw", "logs-1.raw-2"]
SPANS = [Span(topic, number, 5, 15, 0) for topic in TOPICS for number in (0, 1)]
ids = st.tuples(
    st.sampled_from(TOPICS), st.integers(0, 2), st.integers(0, 20), st.sampled_from(["", ".0", ".7"])
)


def event_id(at: tuple[str, int, int, str]) -> str:
    return f"{at[0]}-{at[1]}-{at[2]}{at[3]}"


def record(at: tuple[str, int, int, str]) -> Message:
    return consumed(b"{}", topic=at[0], partition=at[1], offset=at[2])


@given(st.lists(st.tuples(ids, st.sampled_from(LABELS))), st.lists(ids))
def test_known_labels_are_those_that_came_last_for_each_event(
    said: list[tuple[tuple[str, int, int, str], str]], asked: list[tuple[str, int, int, str]]
) -> None:
    # A record holds one event or several, and never is the one and the other.
    kinds: dict[tuple[str, int, int], bool] = {}
    said = [each for each in said if kinds.setdefault(each[0][:3], bool(each[0][3])) is bool(each[0][3])]
    asked = [at for at in asked if kinds.get(at[:3], bool(at[3])) is bool(at[3])]
    taxonomy = Taxonomy()
    known = KnownLabels(taxonomy, SPANS)
    plain: dict[str, str] = {}
    for at, label in said:
        known.put(event_id(at).encode(), label)
        if at[1] < 2 and 5 <= at[2] < 15:
            plain[event_id(at)] = label
    places = known.of([record(at) for at in asked], [event_id(at).encode() for at in asked])
    found = [None if place == UNKNOWN else taxonomy.labels[place] for place in places.tolist()]
    assert found == [plain.get(event_id(at)) for at in asked]


def test_an_id_that_is_none_is_left_out() -> None:
    known = KnownLabels(Taxonomy(), SPANS)
    for odd in (b"", b"logs.raw", b"logs.raw-0-x", b"logs.raw-x-7", b"\xff-0-7", b"logs.raw-0--7"):
        known.put(odd, "Error")
    assert known.found == 0


VERDICTS = [Verdict(label, 0.5, "embedding", f"{label} <num> {n}") for label in LABELS for n in range(2)]
events = st.lists(
    st.tuples(st.sampled_from([UNKNOWN, 0, 1, 2]), st.sampled_from(VERDICTS), st.sampled_from([UNKNOWN, 1]))
)


@given(st.lists(events), st.booleans())
def test_changes_are_counted_event_by_event(
    batches: list[list[tuple[int, Verdict, int]]], standing: bool
) -> None:
    taxonomy = Taxonomy()
    for label in LABELS:
        taxonomy.place(label)
    changes = Changes(taxonomy, most_templates=100)
    cells, templates = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
    for batch in batches:
        before = np.array([was for was, _, _ in batch], np.int16)
        after = np.array([stands for _, _, stands in batch], np.int16) if standing else None
        changes.count(before, [verdict for _, verdict, _ in batch], ["app"] * len(batch), after)
        for place, verdict, stands in batch:
            was = NOT_KEPT if place == UNKNOWN else LABELS[place]
            now = LABELS[stands] if standing and stands != UNKNOWN else verdict.label
            cells[was, now] += 1
            if was not in (now, NOT_KEPT):
                templates[was, now, verdict.template] += 1
    assert {(each.before, each.after): each.events for each in changes.cells()} == cells
    assert {
        (each.before, each.after, each.template): each.events for each in changes.templates(100)
    } == templates


def test_templates_that_have_no_room_are_counted_together() -> None:
    taxonomy = Taxonomy()
    taxonomy.place("Error")
    taxonomy.place("User Action")
    changes = Changes(taxonomy, most_templates=2)
    verdicts = [Verdict("Error", 0.5, "embedding", f"template {n}") for n in range(5)]
    changes.count(np.ones(5, np.int16), verdicts, ["app"] * 5)
    assert [(each.template, each.events) for each in changes.templates(10)] == [
        ("", 3),
        ("template 0", 1),
        ("template 1", 1),
    ]
