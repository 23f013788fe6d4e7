"""The store within its bounds, and what it says of itself."""

import sqlite3
from pathlib import Path

import pytest

from console.store.queries import review_queue, templates, totals
from console.store.rows import Filter, PageOf
from console.store.schema import StoreError, open_writer
from console.store.store import Store
from console.store.tally import Tally
from console.store.timeline import counts, dead_letters
from console.store.upkeep import Bounds, tidy
from console.store.verdicts import VerdictChange, drop_earlier
from console.store.writer import Batch, Writer
from consumer.records.verdict import VerdictKey, VerdictValue
from tests.console.store.events import DAY_MS, NOW_MS, labelled, write, writer

HOUR_MS = 3_600_000
ROOMY = Bounds(30 * DAY_MS, 1_000_000, 1_000_000)


def texts(to: Writer) -> set[str]:
    return {text for (text,) in to.connection.execute("SELECT template FROM texts")}


def found(to: Writer, search: str) -> list[str]:
    page = templates(to.connection, Filter(search=search), PageOf(), NOW_MS)
    return [row.template for row in page.items]


def rows(to: Writer, table: str) -> int:
    return int(to.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_was_not_seen_for_the_retention_is_removed_from_everywhere(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(to, [(labelled("old one", source="gone"), NOW_MS - 31 * DAY_MS)], NOW_MS - 31 * DAY_MS)
    write(to, [(labelled("old and new"), NOW_MS - 31 * DAY_MS)], NOW_MS - 31 * DAY_MS)
    write(to, [(labelled("old and new"), NOW_MS), (labelled("new one"), NOW_MS)])
    tidy(to, ROOMY, NOW_MS)
    assert texts(to) == {"old and new", "new one"}
    assert found(to, "old one") == []
    assert found(to, "old and new") == ["old and new"]
    assert [rows(to, table) for table in ("templates", "history", "template_sources", "sources")] == [
        2,
        2,
        2,
        1,
    ]
    assert [rows(to, table) for table in ("template_hours", "label_hours")] == [2, 1]
    # What was removed is as if it had never been there; and its number is not given to another.
    write(to, [(labelled("old one", source="gone"), NOW_MS)])
    assert found(to, "old one") == ["old one"]
    [(number,)] = to.connection.execute("SELECT number FROM texts WHERE template = 'old one'")
    assert number == 4


def test_a_source_that_was_removed_and_comes_again_has_its_name(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(to, [(labelled("old one", source="gone"), NOW_MS - 31 * DAY_MS)], NOW_MS - 31 * DAY_MS)
    tidy(to, ROOMY, NOW_MS)
    write(to, [(labelled("other", source="another"), NOW_MS)])
    write(to, [(labelled("new one", source="gone"), NOW_MS)])
    page = templates(to.connection, Filter(), PageOf(), NOW_MS)
    assert {row.template: row.sources for row in page.items} == {"other": ("another",), "new one": ("gone",)}


def test_of_too_many_templates_those_not_seen_for_the_longest_go(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    for number in range(10):
        write(to, [(labelled(f"template {number}"), NOW_MS + number)], NOW_MS + number)
    write(to, [(labelled("template 0"), NOW_MS + 20)], NOW_MS + 20)
    tidy(to, Bounds(30 * DAY_MS, 4, 1_000_000), NOW_MS + 30)
    assert texts(to) == {"template 0", "template 7", "template 8", "template 9"}


def test_of_too_many_counts_the_oldest_hours_go(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    for hour in range(6):
        write(to, [(labelled(f"t{number}"), NOW_MS - hour * HOUR_MS) for number in range(3)])
    tidy(to, Bounds(30 * DAY_MS, 1_000_000, 10), NOW_MS)
    hours = to.connection.execute("SELECT min(hour), count(*) FROM template_hours").fetchone()
    assert hours == (NOW_MS // HOUR_MS - 2, 9)
    assert rows(to, "label_hours") == 6


def test_minutes_are_kept_for_hours_and_hours_for_longer(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(to, [(labelled("x"), NOW_MS - 5 * HOUR_MS)], NOW_MS - 5 * HOUR_MS)
    assert rows(to, "template_minutes") == 1
    tidy(to, ROOMY, NOW_MS + 2 * HOUR_MS)
    assert (rows(to, "template_minutes"), rows(to, "template_hours")) == (0, 1)
    write(to, [(labelled("x"), NOW_MS - 7 * HOUR_MS)])
    assert (rows(to, "template_minutes"), rows(to, "template_hours")) == (0, 2)


def test_events_over_time(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    minute_ms = NOW_MS // 60_000 * 60_000
    ages = (
        (0, "Error"),
        (60_000, "Error"),
        (60_000, "User Action"),
        (59 * 60_000, "Error"),
        (60 * 60_000, "Error"),
    )
    write(to, [(labelled("x", label), minute_ms - age) for age, label in ages])
    tally = Tally()
    tally.dead[minute_ms // 60_000, "not_json"] = 3
    to.write(Batch(tally, (), ()), NOW_MS)
    over = counts(to.connection, 3_600, 60, NOW_MS)
    assert (over.start_ms, over.step_s) == (minute_ms - 59 * 60_000, 60)
    assert over.by_label == {
        "Error": [1, *[0] * 57, 1, 1],
        "User Action": [*[0] * 58, 1, 0],
    }
    assert sum(counts(to.connection, 7_200, 3_600, NOW_MS).by_label["Error"]) == 4
    assert counts(to.connection, 600, 300, NOW_MS, by="tier").by_label == {"embedding": [2, 1]}
    assert dead_letters(to.connection, 3_600, 60, NOW_MS).by_label == {"not_json": [*[0] * 59, 3]}


def test_the_review_queue_has_what_is_worth_most_first(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    write(
        to,
        [
            *[(labelled("sure", confidence=0.99), NOW_MS)] * 10,
            *[(labelled("unsure", confidence=0.5), NOW_MS)] * 4,
            *[(labelled("rule", tier="rules", confidence=1), NOW_MS)] * 50,
            *[(labelled("corrected", confidence=0.1), NOW_MS)] * 50,
            *[(labelled("disagreed", confidence=0.95), NOW_MS)] * 3,
            (labelled("odd", "Unclassified", tier="none", confidence=0.2, best_guess="Error"), NOW_MS),
        ],
    )
    says = (
        ("corrected", "person", "Error"),
        ("disagreed", "model", "User Action"),
        ("sure", "model", "Error"),
    )
    changes = [
        VerdictChange(VerdictKey("t", "*", text, by), VerdictValue(label, 1.0, by, 1, 5), 1)  # type: ignore[arg-type]
        for text, by, label in says
    ]
    to.write(Batch(Tally(), changes, ()), NOW_MS)
    queue = review_queue(to.connection, 10, Filter(), NOW_MS)
    assert [(each.row.template, each.why) for each in queue] == [
        ("disagreed", "model disagrees"),
        ("unsure", "unsure"),
        ("odd", "unclassified"),
        ("sure", "unsure"),
    ]
    assert [round(each.value, 2) for each in queue] == [3.0, 2.0, 0.8, 0.1]
    second = review_queue(to.connection, 1, Filter(labels=("Error",)), NOW_MS, skip=1)
    assert [each.row.template for each in second] == ["unsure"]
    assert totals(to.connection).corrections == 1
    # The topic is read again, and the correction is gone from it.
    drop_earlier(to.connection, 2)
    assert review_queue(to.connection, 1, Filter(), NOW_MS)[0].row.template == "corrected"


def test_a_verdict_on_a_template_that_comes_later_is_known_of_it(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db")
    change = VerdictChange(
        VerdictKey("t", "*", "later", "person"), VerdictValue("Error", 1.0, "person", 2, 5), 1
    )
    to.write(Batch(Tally(), (change,), ()), NOW_MS)
    write(to, [(labelled("later"), NOW_MS)])
    assert templates(to.connection, Filter(), PageOf(), NOW_MS).items[0].corrected


def test_a_query_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.store.store.DEADLINE_S", 0.05)
    writer(tmp_path / "store.db")
    store = Store(tmp_path / "store.db")
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), store.read() as connection:
        connection.execute(endless).fetchone()
    with store.read() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM texts")


@pytest.mark.parametrize("what", ["another version", "no database", "a directory"])
def test_a_file_that_is_no_store_is_refused_in_a_sentence(tmp_path: Path, what: str) -> None:
    path = tmp_path / "store.db"
    if what == "another version":
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
    elif what == "no database":
        path.write_bytes(b"something else entirely, and long enough to be looked at" * 100)
    else:
        path.mkdir()
    with pytest.raises(StoreError, match="LOGSLUICE_CONSOLE__STORE"):
        open_writer(path)
