"""Verdicts for texts by the native core, against the cascade that it learns from."""

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.event import Event
from pipeline.memory import ANY_SOURCE, Remembered, VerdictMemory
from pipeline.native import KnownTexts, load_core
from pipeline.routes import Routes
from tests.pipeline.test_recogniser import messages
from tests.support.default_model import new_cascade
from tests.support.long_scenarios import examples
from tests.support.native_core import needs_core, quick_cascade
from training.sample import sample_events

pytestmark = needs_core
ROUTES = Routes({"quiet": ("embedding",), "LegacyCRM": ("memory", "llm")})
sources = st.sampled_from(["", "app", "kernel", "quiet", "LegacyCRM", "é", "\ud800"])
texts = (
    messages | st.text(st.characters(), max_size=30) | st.sampled_from(["bob logged in", "a12é", "x" * 3_000])
)


@examples(600)
@given(st.lists(st.tuples(texts, sources), max_size=30), st.booleans())
def test_any_texts_are_labelled_as_the_cascade_labels_them(
    given_texts: list[tuple[str, str]], remembers: bool
) -> None:
    memory = VerdictMemory()
    if remembers:
        memory.put("bob logged in", "app", Remembered("Security Alert", 1.0, "person", 1))
    reference, cascade = quick_cascade(memory, ROUTES), quick_cascade(memory, ROUTES)
    known = KnownTexts(load_core(), cascade)
    expected = reference.label([Event(source, message) for message, source in given_texts])
    for _ in range(2):
        assert known.label([text for text, _ in given_texts], [name for _, name in given_texts]) == expected


def test_the_sample_is_labelled_as_the_cascade_labels_it_and_mostly_natively() -> None:
    events = [json.loads(value) for value in itertools.islice(sample_events(60), 1_500)]
    texts, names = [each["log_message"] for each in events], [each["source"] for each in events]
    cascade = new_cascade()
    known = KnownTexts(load_core(), cascade)
    expected = cascade.label([Event(name, text) for name, text in zip(names, texts, strict=True)])
    assert known.label(texts, names) == expected
    assert known.label(texts, names) == expected
    cascade.label = None  # type: ignore[method-assign, assignment]
    assert known.label(texts, names) == expected


def test_a_change_of_the_memory_counts_from_the_next_call_on() -> None:
    memory = VerdictMemory()
    known = KnownTexts(load_core(), quick_cascade(memory))

    def label(source: str) -> str:
        (verdict,) = known.label(["backup took 7 minutes"], [source])
        return verdict.label

    before = [label("app"), label("app")]
    memory.put("backup took <duration>", "kernel", Remembered("Security Alert", 1.0, "person", 1))
    assert [label("app"), label("kernel"), label("app")] == [before[0], "Security Alert", before[1]]
    memory.put("backup took <duration>", ANY_SOURCE, Remembered("User Action", 1.0, "person", 2))
    assert [label("app"), label("kernel")] == ["User Action", "Security Alert"]
