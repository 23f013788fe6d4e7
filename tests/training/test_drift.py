"""How far rows lie from what a bundle was trained on."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from files.labelled import Labelled
from pipeline.verdict import UNCLASSIFIED, Verdict
from training.drift import MOST_EXAMPLES, Drift, drift_of
from training.report.drift import sentences, show_drift

LEARNT = frozenset(("disk", "full", "user", "login"))
TRAINED = {"by_label": {"Error": 30, "User Action": 10, UNCLASSIFIED: 60}}


def drift(
    said: list[tuple[str, str, int]],
    learnt: frozenset[str] | None = LEARNT,
    trained: Mapping[str, object] = TRAINED,
) -> Drift:
    rows = [Labelled("app", message, label, lines) for message, label, lines in said]
    verdicts = [Verdict(row.label, 0.9, "embedding", row.message) for row in rows]
    return drift_of(rows, [row.message for row in rows], verdicts, learnt, trained)


def test_templates_count_once_and_lines_as_often_as_they_came() -> None:
    found = drift(
        [
            ("disk full", "Error", 1),
            ("disk full", "Error", 5),
            ("festplatte voll", "Error", 2),
            ("user login", "User Action", 2),
            ("wer bist denn du", UNCLASSIFIED, 10),
        ]
    )
    assert found.unfamiliar == 0.5
    assert found.unfamiliar_lines == 12 / 20
    assert [(each.message, each.lines) for each in found.examples] == [
        ("wer bist denn du", 10),
        ("festplatte voll", 2),
    ]
    assert [(each.label, each.trained) for each in found.mix] == [("Error", 0.75), ("User Action", 0.25)]
    assert found.mix_distance == pytest.approx(0.75 - 2 / 3)


def test_what_a_bundle_does_not_tell_is_not_said() -> None:
    found = drift([("disk full", "Error", 1)], None, {})
    assert found == Drift(None, None, (), None, ())
    assert list(sentences(found)) == []
    assert drift([("disk full", UNCLASSIFIED, 1)]).mix_distance is None


@given(
    st.lists(
        st.tuples(
            st.text("disk ful", max_size=9),
            st.sampled_from(["Error", "User Action", "Other"]),
            st.integers(1, 9),
        ),
        min_size=1,
    )
)
def test_shares_are_shares(said: list[tuple[str, str, int]]) -> None:
    found = drift(said)
    shares = (found.unfamiliar, found.unfamiliar_lines, found.mix_distance)
    assert all(share is not None and 0 <= share <= 1 + 1e-9 for share in shares)
    assert sum(each.published for each in found.mix) == pytest.approx(1)


def test_examples_are_few_and_no_terminal_is_commanded(capsys: pytest.CaptureFixture[str]) -> None:
    found = drift([(f"\x1b[31m [bold] fremde Dinge {chr(97 + n)}xyz", "Error", 1) for n in range(26)])
    assert len(found.examples) == MOST_EXAMPLES
    show_drift(found, Console(width=100, force_terminal=False))
    shown = capsys.readouterr().out
    assert "100.0% of the templates" in shown
    assert "\x1b" not in shown
    assert "[bold]" in shown
