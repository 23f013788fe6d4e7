"""``logsluice promote``: a bundle takes the place of the one in use, or is refused, or goes back."""

from pathlib import Path
from shutil import copytree

import pytest

from consumer.errors import EXIT_BUNDLE, EXIT_FAILED, EXIT_USAGE
from pipeline.bundle import CLASSIFIER, RULES, read_bundle
from tests.conftest import Command
from tests.support.own_rows import write_csv
from tests.support.small_bundle import ROWS
from training.train import seal

RULES_TEXT = """\
- {name: user, label: User Action, pattern: '^user', match: [user opened the report]}
- {name: access, label: Security Alert, pattern: 'login|password|key|access|account', match: [login failed]}
- {name: broken, label: Error, pattern: 'query|reset|write|replica|disk', match: [disk is full]}
"""
ONE_MORE = "- {name: frost, label: Error, pattern: 'black ice', match: [black ice on the ramp]}\n"
WRONG = "- {name: any, label: User Action, pattern: '.', match: [a]}\n"


@pytest.fixture
def live(small: Path, monkeypatch: pytest.MonkeyPatch, logsluice: Command) -> Path:
    """The bundle in use, and in the working directory one that is as good, and one that is worse."""
    rules = {"live": RULES_TEXT, "good": RULES_TEXT + ONE_MORE, "bad": WRONG}
    for name, text in rules.items():
        copytree(small, name)
        Path(name, RULES).write_text(text, encoding="utf-8")
        seal(Path(name))
    rows = [(label, "app", message) for label, messages in ROWS.items() for message in messages]
    write_csv(Path("labelled.csv"), rows)
    monkeypatch.setenv("LOGSLUICE_BUNDLE", str(Path("live").resolve()))
    return Path("live").resolve()


def digest(directory: str | Path) -> str:
    return read_bundle(Path(directory)).digest


def test_one_that_is_not_worse_takes_the_place_and_goes_back(live: Path, logsluice: Command) -> None:
    before, good = digest(live), digest("good")
    result = logsluice("promote", "good", "--evaluated-on", "labelled.csv")
    assert result.exit_code == 0, result.stderr
    assert "is not worse than small@" in result.stdout
    assert f"{live}: small@{before[:7]} is replaced by small@{good[:7]}" in result.stdout
    assert "rules: 1 new or changed, 0 gone" in result.stdout
    assert (digest(live), digest(f"{live}.previous"), digest("good")) == (good, before, good)
    again = logsluice("promote", "good", "--evaluated-on", "labelled.csv")
    assert again.stdout == f"{live}: small@{good[:7]} is in use already\n"
    assert digest(f"{live}.previous") == before
    back = logsluice("promote", "--back")
    assert back.exit_code == 0, back.stderr
    assert (digest(live), digest(f"{live}.previous")) == (before, good)


def test_one_that_is_worse_or_not_evaluated_is_refused(live: Path, logsluice: Command) -> None:
    before = digest(live)
    worse = logsluice("promote", "bad", "--evaluated-on", "labelled.csv")
    assert worse.exit_code == EXIT_FAILED
    assert "is worse than small@" in worse.stdout
    assert "is not promoted" in worse.stderr
    unknown = logsluice("promote", "bad")
    assert unknown.exit_code == EXIT_FAILED
    assert "nobody has compared small@" in unknown.stderr
    assert digest(live) == before
    assert not Path("live.previous").exists()
    assert logsluice("promote", "bad", "--force").exit_code == 0
    assert digest(live) == digest("bad")


def test_evaluate_has_an_exit_code_for_scripts(live: Path, logsluice: Command) -> None:
    arguments = ("evaluate", "labelled.csv", "--against", live)
    worse = logsluice(*arguments, "--bundle", "bad", "--fail-if-worse", "--json", "report.json")
    assert worse.exit_code == EXIT_FAILED
    assert "is worse than small@" in worse.stdout
    assert '"outcome": "worse"' in Path("report.json").read_text()
    assert logsluice(*arguments, "--bundle", "bad").exit_code == 0
    assert logsluice(*arguments, "--bundle", "good", "--fail-if-worse").exit_code == 0
    alone = logsluice("evaluate", "labelled.csv", "--bundle", "bad", "--fail-if-worse")
    assert alone.exit_code == EXIT_USAGE


def test_the_first_one_goes_where_nothing_was(live: Path, logsluice: Command) -> None:
    result = logsluice("promote", "good", "--to", "first", "--force")
    assert result.exit_code == 0, result.stderr
    assert "where there was no bundle" in result.stdout
    assert digest("first") == digest("good")
    back = logsluice("promote", "--back", "--to", "first")
    assert back.exit_code == EXIT_BUNDLE
    assert "first.previous does not exist" in back.stderr


@pytest.mark.usefixtures("live")
def test_what_is_broken_is_never_promoted_and_what_is_in_use_may_be(logsluice: Command) -> None:
    Path("bad", CLASSIFIER).write_bytes(b"half a cop")
    broken = logsluice("promote", "bad", "--force")
    assert broken.exit_code == EXIT_BUNDLE
    assert CLASSIFIER in broken.stderr
    assert logsluice("promote", "bad", "--to", "good", "--force").exit_code == EXIT_BUNDLE
    Path("live", CLASSIFIER).write_bytes(b"half a cop")
    assert logsluice("promote", "good", "--evaluated-on", "labelled.csv").exit_code == EXIT_BUNDLE
    assert logsluice("promote", "good", "--force").exit_code == 0
    assert digest("live") == digest("good")


def test_the_built_in_one_cannot_be_replaced(
    live: Path, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSLUICE_BUNDLE")
    result = logsluice("promote", "good", "--force")
    assert result.exit_code == EXIT_BUNDLE
    assert "the built-in bundle is a part of the installation" in result.stderr
    assert "LOGSLUICE_BUNDLE" in result.stderr
    for arguments in (("promote",), ("promote", "good", "--back")):
        assert logsluice(*arguments).exit_code == EXIT_USAGE


def test_one_that_services_would_refuse_is_refused(
    live: Path, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSLUICE_BUNDLE_DIGEST", digest(live))
    refused = logsluice("promote", "good", "--force")
    assert refused.exit_code == EXIT_BUNDLE
    assert "BUNDLE_DIGEST pins" in refused.stderr
    monkeypatch.setenv("LOGSLUICE_BUNDLE_DIGEST", digest("good"))
    assert logsluice("promote", "good", "--force").exit_code == 0
