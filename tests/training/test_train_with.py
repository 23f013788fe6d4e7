"""``logsluice train --with``: a bundle learns corrections, alone or after a whole training."""

from pathlib import Path
from shutil import copytree

import pytest

from consumer.errors import EXIT_FAILED, EXIT_USAGE
from pipeline.bundle import read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from pipeline.examples import read_examples
from tests.conftest import Command
from tests.support.own_rows import rows, write_csv

CORRECTED = [
    ("Climate", "app-0", "refund of the weather vane <num>"),
    ("Climate", "app-0", "weather vane <num> turned back"),
    ("Payment", "", "courier van <num> paid at the gate"),
]


@pytest.fixture
def corrections(logsluice: Command) -> Path:
    return write_csv(Path("corrections.csv"), CORRECTED)


def label_of(bundle: str | Path, message: str) -> tuple[str, str]:
    (verdict,) = load_cascade(read_bundle(Path(bundle))).label([Event("app-0", message)])
    return verdict.best_guess or verdict.label, verdict.tier


def test_a_bundle_learns_corrections_and_keeps_all_else(
    mine: Path, corrections: Path, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSLUICE_BUNDLE", str(mine))
    result = logsluice("train", "--with", corrections, "-o", "new")
    assert result.exit_code == 0, result.stderr
    before, after = read_bundle(mine), read_bundle(Path("new"))
    assert result.stdout == f"new: {before.version} has learnt 3 corrected templates\n"
    for label, _, template in CORRECTED:
        assert label_of("new", template.replace("<num>", "7"))[0] == label
    assert label_of("new", "black ice") == ("Climate", "rules")
    assert after.manifest.threshold == before.manifest.threshold
    assert after.manifest.labels == before.manifest.labels
    assert after.manifest.trained_on["retrained_from"]["bundle"] == before.version
    assert after.manifest.trained_on["retrained_from"]["corrections"] == 3
    shown = read_examples(after.examples).all
    assert [each.template for each in shown[:3]] == [template for _, _, template in CORRECTED]
    again = logsluice("train", "--from", mine, "--with", corrections, "-o", "new")
    assert again.exit_code == 0
    assert read_bundle(Path("new")).digest == after.digest


def test_corrections_win_what_a_whole_training_contradicts(corrections: Path, logsluice: Command) -> None:
    contradicted = [
        ("Delivery", "x", "refund of the weather vane 9"),
        ("Delivery", "y", "courier van 3 paid at the gate"),
    ]
    data = write_csv(Path("mine.csv"), rows()[0][::3] + contradicted)
    result = logsluice("train", data, "--with", corrections, "-o", "new")
    assert result.exit_code == 0, result.stderr
    assert label_of("new", "refund of the weather vane 9")[0] == "Climate"
    assert label_of("new", "courier van 3 paid at the gate")[0] == "Payment"
    assert read_bundle(Path("new")).manifest.trained_on["retrained_from"]["corrections"] == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "base"), "name a file of them in --with"),
        (("--weight", "3"), "name a file of them in --with"),
        (("--with", "corrections.csv", "--fine-tune", "--from", "base"), "--from is for corrections alone"),
        (("--with", "corrections.csv", "--second-opinion"), "cannot learn corrections"),
        (("--with", "corrections.csv", "--precision", "0.8"), "corrections alone keep those of the bundle"),
    ],
    ids=["from", "weight", "from-fine-tune", "second-opinion", "precision"],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    mine: Path, corrections: Path, logsluice: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    copytree(mine, "base")
    result = logsluice("train", *arguments, "-o", "new")
    assert result.exit_code == EXIT_USAGE
    assert sentence in " ".join(result.stderr.split())
    assert not Path("new").exists()


def test_what_cannot_be_learnt_is_a_sentence(mine: Path, logsluice: Command) -> None:
    foreign = write_csv(Path("foreign.csv"), [*CORRECTED, ("Bliss", "", "the cat sleeps")])
    result = logsluice("train", "--from", mine, "--with", foreign, "-o", "new")
    assert result.exit_code == EXIT_FAILED
    assert result.stderr.splitlines()[-1].startswith("logsluice: mine@")
    assert "cannot give the label 'Bliss'" in result.stderr
    empty = write_csv(Path("empty.csv"), [])
    nothing = logsluice("train", "--from", mine, "--with", empty, "-o", "new")
    assert nothing.exit_code == EXIT_FAILED
    assert "there are no corrections to learn from" in nothing.stderr
    Path("photos").mkdir()
    Path("photos/summer.jpg").write_text("sun")
    kept = logsluice("train", "--from", mine, "--with", write_csv(Path("c.csv"), CORRECTED), "-o", "photos")
    assert kept.exit_code == EXIT_FAILED
    assert "exists and is not a bundle" in kept.stderr
