"""Whatever events come in whatever batches: each is counted once, in every count that it belongs to."""

import sqlite3
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.store.detail import template
from console.store.ids import id_text, template_id
from console.store.labelled import labelled_reader
from console.store.places import Place
from console.store.store import Store
from console.store.tally import Tally, count_labelled
from console.store.writer import Batch
from tests.console.store.events import NOW_MS, labelled, write, writer

TEMPLATES = ("disk <num> died", "login failed for <user>", "", "ü <script>alert(1)</script> \x00")
LABELS = ("Error", "Security Alert", "Unclassified")
events = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(TEMPLATES),
            st.sampled_from(LABELS),
            st.sampled_from(("a", "b", "", 7)),
            st.integers(0, 5 * 3_600_000),
        ),
        max_size=12,
    ),
    max_size=5,
)


@settings(max_examples=60)
@given(events)
def test_counts_are_those_of_the_events(batches: list[list[tuple[str, str, object, int]]]) -> None:
    with TemporaryDirectory() as directory:
        to = writer(Path(directory) / "store.db")
        for batch in batches:
            write(to, [(labelled(text, label, source), NOW_MS - age) for text, label, source, age in batch])
        every = [event for batch in batches for event in batch]
        times = {text: [NOW_MS - age for each, _, _, age in every if each == text] for text, _, _, _ in every}
        store = Store(Path(directory) / "store.db")
        for text, of_text in times.items():
            with store.read() as connection:
                found = template(connection, id_text(template_id(text)), NOW_MS)
            assert found is not None
            assert found.row.template == text
            assert (found.row.events, found.row.first_seen_ms, found.row.last_seen_ms) == (
                len(of_text),
                min(of_text),
                max(of_text),
            )
            for points, unit_ms in ((found.minutes, 60_000), (found.hours, 3_600_000)):
                spans = Counter(time_ms // unit_ms * unit_ms for time_ms in of_text)
                assert {point.start_ms: point.events for point in points} == spans
            said = Counter(label for each, label, _, _ in every if each == text)
            assert {each.label: each.events for each in found.history} == said
            assert found.row.label == [label for each, label, _, _ in every if each == text][-1]
            sources = {str(source) or "logs.raw" for each, _, source, _ in every if each == text}
            assert found.row.sources == tuple(sorted(sources))
        by_label = to.connection.execute(
            "SELECT name, sum(events) FROM label_hours JOIN names ON names.id = label GROUP BY name"
        )
        assert dict(by_label.fetchall()) == Counter(label for _, label, _, _ in every)
        store.close()
        to.connection.close()


@pytest.mark.parametrize(
    ("time_ms", "counted_at"),
    [(NOW_MS - 5, NOW_MS - 5), (0, NOW_MS), (-1, NOW_MS), (NOW_MS + 3_600_000, NOW_MS)],
)
def test_a_record_without_a_time_or_from_the_future_counts_as_of_now(time_ms: int, counted_at: int) -> None:
    tally = count_labelled([(labelled("x"), time_ms)], labelled_reader(), NOW_MS)
    assert [each.last_ms for each in tally.seen] == [counted_at]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"classification": 7}',
        b'{"classification": {"label": "Error"}}',
        labelled("x", tier="?"),
        b"[" * 5_000,
    ],
)
def test_what_is_no_labelled_event_is_counted_as_such(value: bytes) -> None:
    tally = count_labelled([(value, NOW_MS), (labelled("x"), NOW_MS)], labelled_reader(), NOW_MS)
    assert (tally.unreadable, len(tally.seen)) == (1, 1)


@pytest.mark.parametrize(
    ("field", "record", "source"),
    [
        ("source", b'{"source": "a"', "a"),
        ("source", b'{"source": 12.50', "12.50"),
        ("source", b'{"source": null', "logs.raw"),
        ("source", b'{"other": 1', "logs.raw"),
        ("a.b", b'{"a": {"b": "c"}', "c"),
        ("a.b", b'{"a.b": "c"', "c"),
        ("a.b", b'{"a": 1', "logs.raw"),
        ("source", b'\xef\xbb\xbf{"source": "a"', "a"),
        ("source", rb'{"m": "\ud800", "source": "a"', "a"),
    ],
)
def test_a_source_is_found_as_the_service_finds_it(field: str, record: bytes, source: str) -> None:
    event = labelled_reader(field)(
        record + b', "log_message": "m", "classification"' + labelled("x").partition(b'"classification"')[2]
    )
    assert event is not None
    assert (event.source, event.classification.template, event.message) == (source, "x", "")


def test_the_raw_message_is_kept_only_where_that_is_asked_for(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(to, [(labelled("masked"), NOW_MS)])
    assert to.connection.execute("SELECT example FROM texts").fetchall() == [(None,)]
    assert b"raw text of" not in (tmp_path / "store.db-wal").read_bytes()
    reader = labelled_reader(with_messages=True)
    to.write(Batch(count_labelled([(labelled("other"), NOW_MS)], reader, NOW_MS), (), ()), NOW_MS)
    assert to.connection.execute("SELECT example FROM texts").fetchall()[1:] == [("raw text of other",)]


def test_a_batch_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    place = Place("t", 0, "id", 1)
    tally = count_labelled([(labelled("x", "New label"), NOW_MS)], labelled_reader(), NOW_MS)
    broken = Place("t", 0, None, 2)  # type: ignore[arg-type]  # the store refuses it, last of all
    with pytest.raises(sqlite3.IntegrityError):
        to.write(Batch(tally, (), (place, broken)), NOW_MS)
    assert to.places() == []
    assert to.sizes() == (0, {"template_minutes": 0, "template_hours": 0})
    to.write(Batch(tally, (), (place,)), NOW_MS)
    assert to.places() == [place]
    assert to.sizes()[0] == 1


def test_sources_are_bounded(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(to, [(labelled("many", source=f"pod-{number}"), NOW_MS) for number in range(100)])
    write(to, [(labelled(f"t{number}", source=f"other-{number}"), NOW_MS) for number in range(3_000)])
    for table, rows in (("sources", 2_000), ("template_sources", 20 + 1_900)):
        assert to.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)


def test_an_empty_batch_moves_the_place_alone(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    to.write(Batch(Tally(), (), (Place("t", 0, "id", 5),)), NOW_MS)
    assert to.places() == [Place("t", 0, "id", 5)]
