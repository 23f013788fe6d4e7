"""The fast lane's processor: what becomes of each record of a batch, also where a tier raises."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from structlog.testing import capture_logs

from consumer.errors import ConsumerError
from consumer.records.incoming import event_id
from consumer.records.reasons import UndecodableError
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict
from tests.consumer.lanes.brittle import POISON, Brittle, processor, raw, record
from tests.support.default_model import bundle
from tests.support.default_model import new_cascade as real_cascade
from tests.support.outcomes import dead, labelled, messages, outcomes
from tests.support.reading import event_of


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


def test_headers_that_cannot_be_read_are_left_out_and_counted() -> None:
    class Unreadable:
        """A record of which the client cannot read the headers, as where a name is not UTF-8."""

        def __init__(self, message: Message) -> None:
            self._message = message

        def __getattr__(self, name: str) -> Any:
            return getattr(self._message, name)

        def headers(self) -> None:
            raise SystemError("returned NULL without setting an exception")

    fast = processor(Brittle())
    odd = cast(Message, Unreadable(record("fine")))
    (row, letter) = fast.decide([odd, cast(Message, Unreadable(raw(b"{")))]).rows
    assert row.message is odd
    assert [name for name, _ in row.record.headers] == ["label", "tier", "event_id"]
    assert letter.reason == "not_json"
    count = fast._metrics.registry.get_sample_value("logsluice_headers_dropped_total", {"lane": "fast"})
    assert count == 1


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
        event_of(value)
    except UndecodableError:
        return
    batch = [raw(value)]
    decided = processor(_cascade[0]).decide(batch)
    assert outcomes(decided, batch) == {event_id(batch[0]): ["logs.labelled"]}
