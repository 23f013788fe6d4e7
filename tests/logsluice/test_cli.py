"""The command line: what it says of itself, its exit codes, and its sentences where something is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec
import pytest

from logsluice import __version__
from logsluice.cli.main import COMMANDS, main
from pipeline.bundle import CLASSIFIER, FORMAT_VERSION, MANIFEST, RULES, Manifest, read_bundle, write_manifest
from pipeline.encoder import EncoderReference
from tests.conftest import Command
from tests.support.service_process import run_command

SECRET = "hunter2-do-not-print"
FIXED = {"run", "demo", "classify", "check", "topics create", "train"}


def commands(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command and group, the innermost too."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command or group at a path."""
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        command = inner
    return command


def test_the_commands_that_scripts_rely_on_are_there() -> None:
    assert {" ".join(path) for path in commands()} >= FIXED


@pytest.mark.parametrize("path", [pytest.param(path, id=" ".join(path) or "-") for path in commands()])
def test_each_command_explains_itself_and_every_option(logsluice: Command, path: tuple[str, ...]) -> None:
    result = logsluice(*path, "--help")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith(f"Usage: {' '.join(('logsluice', *path))} ")
    assert logsluice(*path, "-h").stdout == result.stdout
    command = command_at(path)
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[0] in result.stdout


def test_the_exit_codes_are_in_the_help(logsluice: Command) -> None:
    text = " ".join(logsluice("--help").stdout.split())
    assert "0 done, 1 failed, 2 wrong usage, 3 settings invalid, 4 broker unreachable" in text
    assert "5 bundle invalid" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_a_command_says_of_itself(name: str) -> None:
    said = " ".join((command_at((name,)).help or "").split())
    assert said.startswith(COMMANDS[name][1].removesuffix("."))


def test_the_list_of_commands_needs_no_kafka_settings_or_model() -> None:
    ask = (
        "import sys; from logsluice.cli.main import main; main(['--help'], standalone_mode=False); "
        "sys.exit(bool({'confluent_kafka', 'pydantic', 'numpy', 'rich.progress'} & {*sys.modules}))"
    )
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert b"replay " in asked.stdout


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_help_does_not_wait_for_the_encoder(name: str) -> None:
    ask = (
        f"import sys; from logsluice.cli.main import main; main([{name!r}, '--help'], standalone_mode=False); "
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith(b"Usage: ")


def test_the_installed_command_tells_its_version(tmp_path: Path) -> None:
    answer = run_command(tmp_path, {}, "--version")
    assert (answer.returncode, answer.stdout) == (0, f"logsluice, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Usage: logsluice"),
        (["clasify"], "No such command 'clasify'"),
        (["run", "--lanes", "both"], "No such option"),
        (["run", "--lane", "middle"], "Invalid value for '--lane'"),
        (["demo", "--seconds", "0"], "Invalid value for '--seconds'"),
        (["classify"], "Missing argument 'INPUT'"),
        (["classify", "."], "is a directory"),
        (["classify", "in.csv", "--format", "xml"], "Invalid value for '--format'"),
        (["topics", "create", "--partitions", "0"], "Invalid value for '--partitions'"),
        (["train"], "Missing option '-o' / '--output'"),
        (["train", "none.csv", "-o", "mine"], "'none.csv' does not exist"),
        (["train", "--no-corpus", "-o", "mine"], "there is nothing to train from: name a file"),
        (["train", "-o", "mine", "--precision", "1"], "Invalid value for '--precision'"),
    ],
)
def test_wrong_usage_is_2_and_named(logsluice: Command, arguments: list[str], sentence: str) -> None:
    result = logsluice(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


NEEDING_SETTINGS = [("classify", "in.csv"), ("topics", "create"), ("check",)]
WRONG = {
    "LOGSLUICE_BATCH_MAX_EVENTS": "0",
    "LOGSLUICE_GRUOP_ID": "mine",
    "LOGSLUICE_HTTP_PORT": "http",
    "LOGSLUICE_KAFKA": json.dumps({"sasl.password": SECRET, "acks": "0"}),
    "LOGSLUICE_KAFKA_SASL_PASSWORD": SECRET,
}


def is_all_that_is_wrong(output: str) -> bool:
    """Say whether each wrong setting has its line, what it takes is said, and nothing else."""
    lines = output.splitlines()
    named = {name for name in WRONG for line in lines if f"{name} " in line or f"{name}:" in line}
    accepted = sum("It takes: " in line for line in lines)
    return len(lines) == 4 and len(named) == 4 and accepted == 3 and "did you mean" in output


@pytest.mark.parametrize("command", NEEDING_SETTINGS, ids=" ".join)
def test_invalid_settings_are_3_and_all_said_at_once(
    logsluice: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    result = logsluice(*command)
    assert result.exit_code == 3
    assert is_all_that_is_wrong(result.output), result.output
    assert SECRET not in result.output


def test_a_service_with_invalid_settings_ends_with_3_and_no_traceback(tmp_path: Path) -> None:
    answer = run_command(tmp_path, WRONG, "run")
    assert (answer.returncode, answer.stdout) == (3, "")
    assert is_all_that_is_wrong(answer.stderr), answer.stderr
    assert SECRET not in answer.stderr


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
    (come_from_the_future, "has the format version 99, and this logsluice reads 2: make the bundle again"),
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
    assert "the broker does not answer" in broker
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
