"""A bundle that cannot be used: exit code 5 and one sentence, whatever the command."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from pipeline.bundle import CLASSIFIER, FORMAT_VERSION, MANIFEST, RULES, Manifest, read_bundle, write_manifest
from pipeline.encoder import EncoderReference
from tests.conftest import Command
from tests.support.service_process import run_command

SECRET = "hunter2-do-not-print"


def remove(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()


def tamper(directory: Path) -> None:
    (directory / RULES).write_text("[] # edited\n")


def lose_the_classifier(directory: Path) -> None:
    (directory / CLASSIFIER).unlink()


def come_from_the_future(directory: Path) -> None:
    manifest = msgspec.json.decode((directory / MANIFEST).read_bytes())
    (directory / MANIFEST).write_bytes(msgspec.json.encode({**manifest, "format_version": 99}))


BREAKS = [
    (remove, "is not a bundle: manifest.json cannot be read (No such file or directory)"),
    (tamper, "rules.yaml is not the file that its manifest names"),
    (lose_the_classifier, "is incomplete: classifier.npz cannot be read (No such file or directory)"),
    (
        come_from_the_future,
        f"has the format version 99, and this logsluice reads {FORMAT_VERSION}: make the bundle again",
    ),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle that is whole as far as it can be read without loading its classifier."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    for name, content in ((RULES, "[]\n"), ("routes.yaml", "{}\n"), (CLASSIFIER, "not looked into")):
        (directory / name).write_text(content)
    reference = EncoderReference("all-MiniLM-L6-v2", "0" * 64)
    write_manifest(directory, Manifest(FORMAT_VERSION, "small", {"Error": "it failed"}, 0.5, reference, {}))
    read_bundle(directory)
    return directory


@pytest.mark.parametrize(("break_it", "sentence"), BREAKS, ids=[break_it.__name__ for break_it, _ in BREAKS])
def test_a_broken_bundle_is_5_and_one_sentence(
    logsluice: Command,
    monkeypatch: pytest.MonkeyPatch,
    bundle: Path,
    break_it: Callable[[Path], None],
    sentence: str,
) -> None:
    Path("in.csv").write_text("log_message\nup\n")
    break_it(bundle)
    by_option = logsluice("classify", "in.csv", "--bundle", bundle)
    monkeypatch.setenv("LOGSLUICE_BUNDLE", str(bundle))
    by_setting = logsluice("classify", "in.csv")
    for result in (by_option, by_setting):
        assert (result.exit_code, result.stdout) == (5, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith("logsluice: ")
        assert sentence in line
    assert by_option.stderr == by_setting.stderr


def test_a_bundle_other_than_the_one_pinned_is_5(
    logsluice: Command, monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    Path("in.csv").write_text("log_message\nup\n")
    monkeypatch.setenv("LOGSLUICE_BUNDLE_DIGEST", "01234567" * 8)
    result = logsluice("classify", "in.csv", "--bundle", bundle)
    assert result.exit_code == 5
    assert f"and BUNDLE_DIGEST pins {'01234567' * 8}: install the bundle that was pinned" in result.stderr


def test_check_names_a_broken_bundle_and_goes_on(
    logsluice: Command, monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    tamper(bundle)
    monkeypatch.setenv("LOGSLUICE_BUNDLE", str(bundle))
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("LOGSLUICE_KAFKA_SASL_PASSWORD", SECRET)
    monkeypatch.setattr("logsluice.cli.check.TIMEOUT_S", 0.2)
    result = logsluice("check")
    assert result.exit_code == 5
    settings, broken, broker = (
        next(line for line in result.stdout.splitlines() if f"  {what} " in line)
        for what in ("settings", "bundle", "broker")
    )
    assert settings.startswith("  ok")
    assert broken.startswith("fail")
    assert "rules.yaml is not the file that its manifest names" in broken
    assert broker.startswith("fail")
    assert "does not answer" in broker
    assert SECRET not in result.output


def test_a_service_with_a_broken_bundle_ends_with_5_and_no_traceback(bundle: Path) -> None:
    tamper(bundle)
    answer = run_command(bundle.parent, {"LOGSLUICE_BUNDLE": str(bundle)}, "run")
    assert (answer.returncode, answer.stdout) == (5, "")
    (line,) = answer.stderr.splitlines()
    assert line.startswith("logsluice: ")
    assert "rules.yaml is not the file that its manifest names" in line


def test_what_fails_is_1_and_one_sentence(logsluice: Command) -> None:
    result = logsluice("classify", "nowhere.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "logsluice: nowhere.csv cannot be read: No such file or directory\n"
