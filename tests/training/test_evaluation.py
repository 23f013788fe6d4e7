"""What is judged: weights by template, changes between bundles, and what was got wrong."""

import numpy as np

from files.labelled import Labelled
from pipeline.verdict import Verdict
from training.evaluation import changes, mistakes, outcome, template_weights


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


def test_what_was_got_wrong_comes_worst_first() -> None:
    rows = [
        Labelled("s", "right", "Error"),
        Labelled("s", "unsure", "Error", 50),
        Labelled("s", "often 1", "Error", 2),
        Labelled("s", "often 2", "Error", 7),
        Labelled("s", "rare", "Error", 1),
        Labelled("s", "rare and sure", "Error", 1),
    ]
    verdicts = [
        Verdict("Error", 0.9, "embedding", "right"),
        Verdict("Unclassified", 0.4, "none", "unsure", best_guess="Error"),
        Verdict("User Action", 0.6, "embedding", "often <num>"),
        Verdict("User Action", 0.6, "embedding", "often <num>"),
        Verdict("User Action", 0.6, "embedding", "rare"),
        Verdict("User Action", 1.0, "rules", "rare and sure", rule="r"),
    ]
    found = mistakes(rows, verdicts)
    assert [(each.message, each.lines, each.guess, each.rule) for each in found] == [
        ("often 1", 9, "User Action", None),
        ("rare and sure", 1, "User Action", "r"),
        ("rare", 1, "User Action", None),
        ("unsure", 50, "Error", None),
    ]
    assert mistakes(rows[:1], verdicts[:1]) == ()
