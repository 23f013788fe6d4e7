"""Folds, the classifiers that are compared on them, and ``logsluice compare``."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.conftest import Command
from training.compare import CONTESTANTS, Outcome, Sample, Score, compare
from training.folds import Folds, grouped_folds, sample
from training.rows import Row, TrainingDataError

SOURCES = ("shop", "mail", "disk", "door", "lift", "oven")
COLOURS = {"Red": ("failed", "broke", "died", "lost"), "Blue": ("started", "opened", "joined", "ready")}
ROWS = [
    Row(colour, source, f"{thing} of {source} {word}")
    for source in SOURCES
    for colour, words in COLOURS.items()
    for thing in ("pump", "fan", "belt")
    for word in words
]


def sample_of(rows: Sequence[Row], seed: int = 0) -> tuple[Sample, Folds]:
    folds = grouped_folds(rows, 3, 1)
    truth = np.array([1.0 if row.label == "Red" else -1.0 for row in rows])
    noise = np.random.default_rng(seed).normal(truth[:, None], 1.5, (len(rows), 6))
    return Sample(list(rows), noise.astype(np.float32), folds.groups), folds


grouped_rows = st.lists(
    st.tuples(st.sampled_from(("Red", "Blue")), st.sampled_from("abcdef"), st.sampled_from(("", "x", "y"))),
    min_size=8,
    max_size=60,
).map(lambda cells: [Row(*each[:2], f"t{i}", each[2]) for i, each in enumerate(cells)])


@given(grouped_rows, st.integers(0, 3))
def test_no_group_is_on_both_sides_and_every_row_is_held_out_once(rows: list[Row], seed: int) -> None:
    try:
        folds = grouped_folds(rows, 3, seed)
    except TrainingDataError:
        assume(False)
    names = [row.kind or row.source for row in rows]
    held_out = np.concatenate([test for _, test in folds.splits])
    assert sorted(held_out.tolist()) == list(range(len(rows)))
    for train, test in folds.splits:
        assert not set(train.tolist()) & set(test.tolist())
        if folds.grouping != "template":
            assert not {names[i] for i in train} & {names[i] for i in test}
    assert (folds.grouping == "template") == (len(set(names)) == 1)


def test_kinds_count_before_sources_and_templates_only_where_there_is_one_source() -> None:
    of_kinds = [msgspec.structs.replace(row, kind=row.source[0]) for row in ROWS]
    assert grouped_folds(of_kinds, 3, 1).grouping == "kind of system"
    assert grouped_folds(ROWS, 3, 1).grouping == "source"
    assert len(grouped_folds(ROWS, 50, 1).splits) == len(SOURCES)
    of_one = [msgspec.structs.replace(row, source="shop") for row in ROWS]
    assert grouped_folds(of_one, 3, 1).grouping == "template"


def test_labels_that_go_with_their_sources_cannot_be_judged() -> None:
    rows = [Row("Red", "a", f"r{i}") for i in range(5)] + [Row("Blue", "b", f"b{i}") for i in range(5)]
    with pytest.raises(TrainingDataError, match="labels and sources go together"):
        grouped_folds(rows, 2, 1)


@given(st.integers(1, 200), st.integers(0, 5))
def test_a_sample_is_some_of_the_rows_in_their_order(size: int, seed: int) -> None:
    drawn = sample(ROWS, size, seed)
    assert drawn == sample(ROWS, size, seed)
    places = [ROWS.index(row) for row in drawn]
    assert places == sorted(set(places))
    assert len(drawn) == min(size, len(ROWS))
    assert sample(ROWS, None, seed) == ROWS


def figures_of(score: Score) -> tuple[float, ...]:
    return (
        score.accuracy,
        score.macro_f1,
        score.calibration_error,
        score.coverage_at_90,
        score.coverage_at_95,
    )


@pytest.mark.long
def test_every_classifier_learns_and_gives_the_same_figures_again() -> None:
    whole, folds = sample_of(ROWS)
    reported: list[tuple[str, int]] = []
    first = compare(whole, folds, 1, lambda name, done: reported.append((name, done)))
    assert [score.name for score in first] == list(CONTESTANTS)
    assert reported == [(name, done) for name in CONTESTANTS for done in range(len(folds.splits) + 1)]
    for score in first:
        assert score.accuracy > 0.8, score
        assert 0 <= score.coverage_at_95 <= score.coverage_at_90 <= 1
        assert score.training_seconds > 0
        assert score.microseconds > 0
    again = compare(whole, folds, 1, lambda name, done: None)
    assert [figures_of(score) for score in first] == [figures_of(score) for score in again]


def test_a_classifier_never_sees_what_it_is_judged_on() -> None:
    whole, folds = sample_of(ROWS)
    seen: list[tuple[set[str], set[str]]] = []

    def spy(train: Sample, test: Sample, seed: int) -> Outcome:
        seen.append(({row.source for row in train.rows}, {row.source for row in test.rows}))
        return Outcome(np.tile([0.9, 0.1], (len(test.rows), 1)), ("Blue", "Red"), 1.0, 0.001)

    (score,) = compare(whole, folds, 1, lambda name, done: None, {"spy": spy})
    assert all(not train & test for train, test in seen)
    assert set.union(*(test for _, test in seen)) == set(SOURCES)
    assert score.accuracy == pytest.approx(0.5)
    assert score.calibration_error == pytest.approx(0.4)
    assert score.training_seconds == pytest.approx(len(folds.splits))
    assert score.microseconds == pytest.approx(len(folds.splits) * 1_000 / len(ROWS), abs=0.1)


def test_a_label_of_one_source_alone_counts_as_wrong() -> None:
    rows = [*ROWS, *(Row("Green", "oven", f"hinge {word}") for word in ("a", "b", "c"))]
    whole, folds = sample_of(rows)
    scores = compare(whole, folds, 1, lambda name, done: None)
    for score in scores:
        assert score.accuracy <= len(ROWS) / len(rows)
        assert score.macro_f1 < 0.7


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "log_message", "target_label"])
        writer.writerows([row.source, row.template, row.label] for row in rows)
    return path


def test_the_command_prints_a_table_and_writes_json(logsluice: Command, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "mine.csv", ROWS)
    result = logsluice("compare", path, "--sample", 60, "--json", "found.json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(Path("found.json").read_text())
    assert (report["templates"], report["grouped_by"], report["folds"]) == (60, "source", 5)
    assert [score["name"] for score in report["scores"]] == list(CONTESTANTS)
    for score in report["scores"]:
        assert f"{score['accuracy']:.3f}" in result.stdout


def test_the_command_says_what_is_wrong(logsluice: Command, tmp_path: Path) -> None:
    assert logsluice("compare", "--no-corpus").exit_code == 2
    few = write_csv(tmp_path / "few.csv", ROWS[:1])
    result = logsluice("compare", few, "--sample", 10)
    assert result.exit_code == 1
    assert "there is only the label Red" in result.stderr
    nowhere = logsluice("compare", few, "--json", tmp_path / "no" / "x.json")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
