"""``logsluice train``: a user's CSV in, a bundle out that labels what was held back from it."""

import csv
from pathlib import Path

import pytest

from pipeline.bundle import ENCODER_DELTA, read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from tests.conftest import Command, invoke
from tests.support.own_rows import MEANINGS, rows, training_rows, verdicts, write_csv
from training.rows import digest


def test_a_bundle_labels_what_was_held_back_from_it(mine: Path) -> None:
    found = verdicts(mine)
    right = [verdict.label == label for verdict, (label, _, _) in zip(found, rows()[1], strict=True)]
    guessed = [
        label in (verdict.label, verdict.best_guess)
        for verdict, (label, _, _) in zip(found, rows()[1], strict=True)
    ]
    assert len(found) == 24
    assert sum(right) >= 20
    assert sum(guessed) >= 23


def test_the_fewest_rows_that_are_taken_will_do(logsluice: Command) -> None:
    words = ("amber", "birch", "cedar", "dolphin", "ember", "falcon")
    data = [("A" if place < 3 else "B", "", f"{word} seen") for place, word in enumerate(words)]
    result = logsluice("train", write_csv(Path("mine.csv"), data), "-o", "mine")
    assert result.exit_code == 0, result.output
    assert {verdict.label for verdict in verdicts(Path("mine"))} <= {"A", "B", "Unclassified"}


def test_its_taxonomy_is_the_user_s_and_says_what_each_label_means(mine: Path) -> None:
    manifest = read_bundle(mine).manifest
    assert list(manifest.labels.items()) == [pair for pair in MEANINGS.items() if pair[0] != "Unused"]
    assert manifest.name == "mine"
    data = mine.parent / "mine.csv"
    assert manifest.trained_on["rows_sha256"] == digest(training_rows(data))
    assert manifest.trained_on["by_label"] == {"Climate": 56, "Delivery": 56, "Payment": 56}
    assert manifest.trained_on["fine_tuned"] is False
    assert manifest.scores["held_out"]["threshold"] == manifest.threshold


def test_its_rules_are_the_user_s_and_not_those_built_in(mine: Path) -> None:
    bundle = read_bundle(mine)
    assert [rule.name for rule in bundle.rules.rules] == ["frost"]
    (verdict,) = load_cascade(bundle).label([Event("", "BLACK ICE? no, black ice")])
    assert (verdict.label, verdict.tier) == ("Climate", "rules")


def test_the_same_data_and_seed_give_the_same_verdicts(mine: Path, tmp_path: Path) -> None:
    options: list[str | Path] = [
        "--taxonomy",
        mine.parent / "taxonomy.yaml",
        "--rules",
        mine.parent / "rules.yaml",
    ]
    result = invoke("train", mine.parent / "mine.csv", "-o", tmp_path / "again", *options)
    assert result.exit_code == 0
    assert verdicts(tmp_path / "again") == verdicts(mine)
    first, second = (read_bundle(directory).manifest for directory in (mine, tmp_path / "again"))
    assert (first.threshold, first.scores, first.trained_on) == (
        second.threshold,
        second.scores,
        second.trained_on,
    )


def test_a_trained_bundle_labels_a_file(mine: Path, logsluice: Command) -> None:
    held_back = write_csv(Path("new.csv"), rows()[1])
    result = logsluice("classify", held_back, "--bundle", mine)
    assert result.exit_code == 0
    table = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["target_label_before"] for row in table] == [label for label, _, _ in rows()[1]]
    assert [row["target_label"] for row in table] == [verdict.label for verdict in verdicts(mine)]


def test_a_label_s_own_name_is_its_meaning_where_none_is_given(tmp_path: Path, logsluice: Command) -> None:
    few = [row for row in rows()[0] if row[0] != "Climate"][::4]
    result = logsluice("train", write_csv(tmp_path / "few.csv", few), "-o", "few")
    assert result.exit_code == 0
    bundle = read_bundle(Path("few"))
    assert bundle.manifest.labels == {"Payment": "Payment", "Delivery": "Delivery"}
    assert not bundle.rules.rules
    assert bundle.routes.by_source == {}


@pytest.mark.timeout(300)  # three fine-tunings: seconds on a quiet machine, minutes on a busy one
@pytest.mark.long
def test_a_fine_tuned_bundle_carries_its_encoder_and_labels_as_well(
    tmp_path: Path, logsluice: Command
) -> None:
    data = write_csv(tmp_path / "mine.csv", rows()[0][::3])
    result = logsluice("train", data, "-o", "tuned", "--fine-tune")
    assert result.exit_code == 0, result.output
    bundle = read_bundle(Path("tuned"))
    assert bundle.encoder_delta == Path("tuned", ENCODER_DELTA).read_bytes()
    assert bundle.manifest.trained_on["fine_tuned"] is True
    guesses = [verdict.best_guess or verdict.label for verdict in verdicts(Path("tuned"))]
    right = [guess == label for guess, (label, _, _) in zip(guesses, rows()[1], strict=True)]
    assert sum(right) >= 20
    assert "fine-tuning" in result.stderr
