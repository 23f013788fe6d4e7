"""``logsluice evaluate``: a labelled file in; figures as tables, as JSON and as a page out."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from pipeline.bundle import RULES, default_bundle
from pipeline.event import Event
from tests.conftest import Command
from tests.support.default_model import new_cascade, new_tier
from tests.support.pages import read_page
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


def test_what_was_got_wrong_is_listed_everywhere(logsluice: Command, tmp_path: Path) -> None:
    message = "Failed password for root from 203.0.113.9 port 22"
    rows = [("edge", message, "User Action"), ("edge", EVENTS[3][1], "HTTP Status")]
    path = write_csv(tmp_path / "wrong.csv", ("source", "message", "label"), rows)
    result = logsluice("evaluate", path, "--json", "found.json", "--html", "found.html")
    assert result.exit_code == 0, result.stderr
    (mistake,) = report_of(Path("found.json"))["mistakes"]
    assert (mistake["message"], mistake["truth"], mistake["label"]) == (
        message,
        "User Action",
        "Security Alert",
    )
    assert f"edge: {message}" in result.stdout
    assert "User Action was labelled Security Alert (" in result.stdout
    assert message in read_page(Path("found.html").read_text(encoding="utf-8")).text


def test_a_file_without_rows_is_nothing_to_judge_by(logsluice: Command, tmp_path: Path) -> None:
    result = logsluice("evaluate", write_csv(tmp_path / "no.csv", ("message", "label"), []))
    assert result.exit_code == 1
    assert "there is nothing to judge by" in result.stderr
