"""``logsluice evaluate``: a labelled file in; figures as tables, as JSON and as a page out."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from files.tables import InputFileError

from files.labelled import Columns, read_labelled
from pipeline.bundle import RULES, default_bundle
from pipeline.event import Event
from pipeline.verdict import Verdict
from tests.conftest import Command
from tests.support.default_model import new_cascade, new_tier
from training.evaluation import (
    Evaluation,
    Labelled,
    Report,
    changes,
    model_answers,
    outcome,
    published_answers,
    template_weights,
    view,
)
from training.report.page import page
from training.report.tables import MOST_CHANGES
from training.train import seal

EVENTS = (
    ("shop", "Payment gateway timed out after 30 s", "Error"),
    ("shop", "Payment gateway timed out after 45 s", "Error"),
    ("shop", "User alice logged in from 10.0.0.7", "User Action"),
    ("edge", "GET /index.html HTTP/1.1 200 512", "HTTP Status"),
    ("edge", "Failed password for root from 203.0.113.9 port 22", "Security Alert"),
    ("edge", "qz 7 qz 8", "Unclassified"),
)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = [(*event, number) for number, event in enumerate(EVENTS, start=1)]
    return write_csv(tmp_path / "labelled.csv", ("source", "log_message", "target_label", "count"), rows)


def report_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


class Reader(HTMLParser):
    """Collects a page's tags and what it would load, and checks that what is opened is closed."""

    void = frozenset(("meta", "br"))

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "data")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(content: str) -> Reader:
    reader = Reader()
    reader.feed(content)
    reader.close()
    assert reader.open == []
    return reader


def test_tables_json_and_page_say_what_the_tiers_say(labelled: Path, logsluice: Command) -> None:
    result = logsluice("evaluate", labelled, "--json", "found.json", "--html", "found.html")
    assert result.exit_code == 0, result.stderr
    report = report_of(Path("found.json"))
    assert (report["rows"], report["templates"], report["lines"], report["sources"]) == (6, 5, 21, 2)

    verdicts = new_cascade().label([Event(source, message) for source, message, _ in EVENTS])
    right = np.array(
        [verdict.label == truth for verdict, (_, _, truth) in zip(verdicts, EVENTS, strict=True)]
    )
    published = [report["evaluation"][way]["published"] for way in ("by_template", "by_line")]
    by_template, by_line = ([1 / 3, 2 / 3, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6])
    assert published[0]["accuracy"] == pytest.approx(np.average(right, weights=by_template))
    assert published[1]["accuracy"] == pytest.approx(np.average(right, weights=by_line))
    tiers = {group["name"]: group["weight"] for group in report["evaluation"]["by_line"]["by_tier"]}
    counted = {verdict.tier: 0 for verdict in verdicts}
    for verdict, lines in zip(verdicts, by_line, strict=True):
        counted[verdict.tier] += lines
    assert tiers == counted

    assert "6 rows, 5 templates of 2 sources, 21 lines" in result.stdout
    assert f"{published[0]['accuracy']:.3f}" in result.stdout
    reader = read_page(Path("found.html").read_text(encoding="utf-8"))
    assert reader.tags.count("svg") == 4
    assert f"{published[1]['accuracy']:.3f}" in reader.text
    assert "shop" in reader.text


def test_the_model_is_judged_without_rules_and_threshold(labelled: Path, logsluice: Command) -> None:
    logsluice("evaluate", labelled, "--tiers", "embedding", "--json", "found.json")
    evaluation = report_of(Path("found.json"))["evaluation"]
    best = new_tier(threshold=0.0).label([verdict.template for verdict in new_cascade().label(
        [Event(source, message) for source, message, _ in EVENTS]
    )])  # fmt: skip
    right = [verdict.label == truth for verdict, (_, _, truth) in zip(best, EVENTS, strict=True)]
    assert evaluation["by_line"]["model"]["accuracy"] == pytest.approx(np.average(right, weights=range(1, 7)))
    assert {group["name"] for group in evaluation["by_line"]["by_tier"]} <= {"embedding", "none"}


def test_two_bundles_side_by_side(labelled: Path, logsluice: Command, tmp_path: Path) -> None:
    other = copytree(default_bundle(), tmp_path / "other")
    rules = other / RULES
    rules.write_text(
        "- {name: gateway, label: User Action, pattern: Payment gateway, match: [Payment gateway x]}\n"
        + rules.read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    seal(other)
    result = logsluice(
        "evaluate", labelled, "--against", other, "--json", "found.json", "--html", "found.html"
    )
    assert result.exit_code == 0, result.stderr
    report = report_of(Path("found.json"))
    assert report["against"]["bundle"] != report["evaluation"]["bundle"]
    (change,) = report["changed"]
    assert (change["before"], change["message"], change["lines"]) == ("User Action", EVENTS[0][1], 3)
    assert change["after"] != "User Action"
    assert "1 published labels change" in result.stdout
    assert "Payment gateway timed out after 30 s" in result.stdout
    reader = read_page(Path("found.html").read_text(encoding="utf-8"))
    assert reader.tags.count("svg") == 8
    assert EVENTS[0][1] in reader.text


NASTY = '<script>alert("x")</script> & \x1b[31m\x00 [bold]'


def nasty_report(changed: int) -> Report:
    rows = [Labelled(NASTY, f"{NASTY} {number}", NASTY) for number in range(changed)]
    labels = (NASTY, "Error")
    before = [Verdict(NASTY, 0.9, "embedding", str(number)) for number in range(changed)]
    after = [Verdict("Error", 0.8, "embedding", str(number)) for number in range(changed)]
    answers = model_answers(rows, labels, [("Error", 0.8)] * changed)
    published = published_answers(rows, labels, after)
    seen = view(rows, labels, answers, published, ["embedding"] * changed, np.ones(changed))
    evaluation = Evaluation(NASTY, 0.5, "all", seen, seen)
    return Report(
        NASTY, changed, changed, changed, 1, labels, {NASTY: 1}, evaluation, evaluation,
        changes(rows, before, after),
    )  # fmt: skip


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    content = page(nasty_report(changed=MOST_CHANGES + 5))
    reader = read_page(content)
    assert set(reader.tags) & {"script", "link", "img", "iframe", "object", "style"} == {"style"}
    assert reader.loads == []
    assert not re.search(r"url\(|@import|//", content.replace("<!doctype", ""))
    assert "\x1b" not in content
    assert "\x00" not in content
    assert content.count('<tr class="worse">') == MOST_CHANGES + 5


def test_a_terminal_is_not_commanded_and_shows_the_first_changes(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    from training.report.tables import show

    show(nasty_report(changed=MOST_CHANGES + 5), Console(width=160, force_terminal=False))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[bold]" in shown
    assert f"{MOST_CHANGES + 5} published labels change" in shown
    assert "and 5 more" in shown


def test_rows_of_a_template_count_once_together() -> None:
    weights = template_weights(
        [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y")], np.array([3.0, 1.0, 7.0, 2.0])
    )
    np.testing.assert_allclose(weights, [0.75, 0.25, 1, 1])


def test_changes_are_sorted_by_what_they_cost() -> None:
    rows = [
        Labelled("s", message, "Error", lines) for message, lines in (("a", 1), ("b", 2), ("c", 9), ("d", 3))
    ]
    before = [Verdict(label, 0.9, "embedding", "t" + label) for label in ("X", "Error", "X", "Error")]
    after = [
        Verdict(label, 0.9, "embedding", f"t{i}") for i, label in enumerate(("Error", "Y", "Z", "Error"))
    ]
    found = changes(rows, before, after)
    assert [(change.message, outcome(change)) for change in found] == [
        ("b", "worse"),
        ("a", "better"),
        ("c", "neither"),
    ]


def test_columns_go_by_their_usual_names_or_by_those_given(tmp_path: Path) -> None:
    usual = write_csv(tmp_path / "a.csv", ("log_message", "label", "occurrences"), [("m", " Error ", 3)])
    assert read_labelled(usual, Columns()) == [Labelled("", "m", "Error", 3)]
    own = write_csv(tmp_path / "b.csv", ("app", "text", "truth", "n"), [("s", "m", "Error", 2)])
    assert read_labelled(own, Columns("app", "text", "truth", "n")) == [Labelled("s", "m", "Error", 2)]
    both = write_csv(tmp_path / "c.csv", ("label", "target_label", "log_message"), [("no", "yes", "m")])
    assert read_labelled(both, Columns()) == [Labelled("", "m", "yes", 1)]


@pytest.mark.parametrize(
    ("header", "row", "columns", "sentence"),
    [
        (("log_message",), ("m",), Columns(), "has no column 'target_label' or 'label', only 'log_message'"),
        (("message", "label"), ("m", "E"), Columns(), "--message-column"),
        (("log_message", "label"), ("m", "E"), Columns(source="app"), "--source-column"),
        (("log_message", "label"), ("m", "E"), Columns(label="truth"), "--label-column"),
        (("log_message", "label"), ("m", "E"), Columns(lines="n"), "--lines-column"),
        (("log_message", "label"), ("", "E"), Columns(), "row 1: there is no message"),
        (("log_message", "label"), ("m", " "), Columns(), "row 1: there is no label"),
        (("log_message", "label", "count"), ("m", "E", "few"), Columns(), "'few' is no number of lines"),
        (("log_message", "label", "count"), ("m", "E", "0"), Columns(), "'0' is no number of lines"),
        (("log_message", "label"), None, Columns(), "there is nothing to judge by"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, header: tuple[str, ...], row: tuple[str, ...] | None, columns: Columns, sentence: str
) -> None:
    path = write_csv(tmp_path / "bad.csv", header, [row] if row else [])
    with pytest.raises(InputFileError, match=re.escape(sentence)) as caught:
        read_labelled(path, columns)
    assert "\n" not in str(caught.value)


def test_errors_have_their_exit_codes(labelled: Path, logsluice: Command, tmp_path: Path) -> None:
    foreign = write_csv(tmp_path / "foreign.csv", ("log_message", "label"), [("m", "Bliss"), ("n", "Joy")])
    result = logsluice("evaluate", foreign)
    assert result.exit_code == 1
    assert "none of the labels in the file (Bliss, Joy) is one of default@" in result.stderr
    nowhere = logsluice("evaluate", labelled, "--html", tmp_path / "no" / "page.html")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "there is no directory" in nowhere.stderr
    assert logsluice("evaluate", labelled, "--bundle", tmp_path / "no").exit_code == 5
    assert logsluice("evaluate", labelled, "--against", tmp_path / "no").exit_code == 5
    assert logsluice("evaluate", tmp_path / "no.csv").exit_code == 2


def test_a_label_that_the_bundle_does_not_know_is_named(logsluice: Command, tmp_path: Path) -> None:
    rows = [(message, label) for _, message, label in EVENTS[:2]] + [("the cat is happy", "Bliss")]
    path = write_csv(tmp_path / "more.csv", ("log_message", "label"), rows)
    result = logsluice("evaluate", path)
    assert result.exit_code == 0, result.stderr
    assert "'Bliss' (1 row) is no label of default@" in result.stdout
