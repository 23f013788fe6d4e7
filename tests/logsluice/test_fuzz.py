"""The command line against options that nobody meant: an exit code and a sentence, never a traceback."""

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logsluice.cli.main import main
from tests.conftest import Command

COMMANDS = [
    ("topics", "create"),
    ("tail",),
    ("dead",),
    ("dead", "show"),
    ("replay",),
    ("correct",),
    ("verdicts",),
]
"""The commands that need a broker and end by themselves where there is none."""

ODD = st.sampled_from(
    [
        "",
        " ",
        "-",
        "--",
        "0",
        "-1",
        "1",
        "nan",
        "inf",
        "1e999",
        "9" * 400,
        "9999999d",
        "0s",
        "2h",
        "²h",
        "\x00",
        "\x1b[31m",
        "2026-01-31T12:00",
        "0001-01-01",
        "9999-12-31T23:59:59-23:59",
        "security alert",
        "failed",
        "rules",
        "*",
        "a/b",
        "ü",
    ]
)
VALUE = ODD | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.integers().map(str)


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command at a path."""
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        command = inner
    return command


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draw a command with some of its options and arguments, a value for each that takes one."""
    path = draw(st.sampled_from(COMMANDS))
    line = [*path]
    for parameter in command_at(path).params:
        if isinstance(parameter, click.Argument):
            line += draw(
                st.lists(VALUE, min_size=1, max_size=2)
                if draw(st.integers(0, 9)) == 0
                else st.lists(VALUE, min_size=1, max_size=1)
            )
            continue
        choices = parameter.type.choices if isinstance(parameter.type, click.Choice) else ()
        value = st.sampled_from([str(choice).upper() for choice in choices]) | VALUE if choices else VALUE
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
            flag = isinstance(parameter, click.Option) and parameter.is_flag
            line.append(parameter.opts[0] if flag else f"{parameter.opts[0]}={draw(value)}")
    return line


@pytest.fixture
def _no_broker(logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    for module in ("consumer.kafka.topics", "consumer.kafka.reader", "logsluice.cli.tail"):
        monkeypatch.setattr(f"{module}.TIMEOUT_S", 0.1)


@pytest.mark.usefixtures("_no_broker")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=command_lines())
def test_any_options_end_in_an_exit_code_and_no_traceback(line: list[str]) -> None:
    result = CliRunner().invoke(main, line, prog_name="logsluice", input="n\n")
    assert result.exception is None or isinstance(result.exception, SystemExit), (line, result.exc_info)
    assert result.exit_code in range(6), (line, result.output)
    assert "Traceback" not in result.output
    if result.exit_code not in (0, 2):
        assert result.stderr.startswith("logsluice: "), (line, result.stderr)


@pytest.mark.usefixtures("_no_broker")
@pytest.mark.parametrize(
    "line",
    [
        ["tail"],
        ["dead"],
        ["replay"],
        ["verdicts"],
        ["correct", "x", "--label", "error"],
        ["topics", "create"],
    ],
)
def test_a_broker_that_is_not_there_is_a_sentence_and_exit_code_4(line: list[str]) -> None:
    result = CliRunner().invoke(main, line, prog_name="logsluice")
    assert result.exit_code == 4, result.output
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("logsluice: ")
    assert "127.0.0.1:1" in sentence
