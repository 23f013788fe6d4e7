"""The command line: what it says of itself, its exit codes, and its sentences where something is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from logsluice import __version__
from logsluice.cli.main import COMMANDS, main
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
    assert said.startswith(COMMANDS[name].removesuffix("."))


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
