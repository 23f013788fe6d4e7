"""The page of a report, with names and messages that would do harm."""

import re

import numpy as np
import pytest
from rich.console import Console

from files.labelled import Labelled
from pipeline.verdict import Verdict
from tests.support.pages import read_page
from training.drift import Drift, LabelShare, Unfamiliar
from training.evaluation import Evaluation, Report, changes, mistakes, model_answers, published_answers, view
from training.report.page import page
from training.report.tables import MOST_CHANGES, show

NASTY = '<script>alert("x")</script> & \x1b[31m\x00 [bold]'


NASTY_DRIFT = Drift(0.5, 0.25, (Unfamiliar(NASTY, NASTY, 3),), 0.1, (LabelShare(NASTY, 0.1, 0.2),))


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
        NASTY, changed, changed, changed, 1, labels, {NASTY: 1}, evaluation, mistakes(rows, after), NASTY_DRIFT,
        evaluation, changes(rows, before, after),
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
    show(nasty_report(changed=MOST_CHANGES + 5), Console(width=160, force_terminal=False))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[bold]" in shown
    assert f"{MOST_CHANGES + 5} published labels change" in shown
    assert "and 5 more" in shown


@pytest.mark.parametrize("width", [80, 100])
def test_tables_break_no_word_at_80_columns(capsys: pytest.CaptureFixture[str], width: int) -> None:
    labels = ("Critical Error", "Deprecation Warning", "HTTP Status", "Resource Usage", "Security Alert")
    names = (*labels, "System Notification", "User Action", "Workflow Error", "Error", "Unclassified")
    rows = [Labelled(f"source-{n % 3}", f"message {n}", names[n % 10], 900) for n in range(60)]
    verdicts = [Verdict(names[n % 7], 0.9, "embedding", str(n)) for n in range(60)]
    answers = published_answers(rows, names, verdicts)
    seen = view(rows, names, answers, answers, ["embedding"] * 60, np.full(60, 900.0))
    evaluation = Evaluation("default@3f9c2a1", 0.5, "all", seen, seen)
    report = Report(
        "a.csv", 60, 60, 54_000, 3, names, {}, evaluation, mistakes(rows, verdicts), evaluation, ()
    )
    show(report, Console(width=width, force_terminal=False))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    words = set(shown.split())
    for name in names:
        assert set(name.split()) <= words
    assert {"published", "template", "precision", "calibration", "embedding", "54,000"} <= words
