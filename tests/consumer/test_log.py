import json
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumer.log import Format, configure_logging, get_logger

FORGED = "x\n2026-01-01T00:00:00Z [error    ] forged"
HOSTILE = [
    FORGED,
    "a\rb",
    "\x1b[2J\x1b[31m",
    "\x9b31m",
    "\u2028\u2029\x85\x0b\x0c",
    "\x00",
    "\u202eabc",
    "\ud800",
    '"} {',
]


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("format", ["json", "console"])
def test_a_value_forges_no_line_and_commands_no_terminal(
    capsys: pytest.CaptureFixture[str], format: Format, value: str
) -> None:
    configure_logging(format)
    get_logger().info("waiting", reason=value, listed=[value], raw=value.encode("utf-8", "replace"))
    get_logger().info(value)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2
    assert all(line.isprintable() for line in err.splitlines())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_a_json_line_reads_back_what_was_said(
    capsys: pytest.CaptureFixture[str], event: str, value: str
) -> None:
    configure_logging("json")
    get_logger().warning(event, value=value)
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["value"], entry["level"]) == (event, value, "warning")
    assert entry["timestamp"].endswith("Z")


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_traceback_commands_no_terminal(capsys: pytest.CaptureFixture[str], format: Format) -> None:
    configure_logging(format)
    try:
        raise ValueError("odd \x1b[2J value")
    except ValueError:
        get_logger().exception("failed")
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "ValueError: odd" in err
    assert len(err.splitlines()) == 1 or format == "console"


def test_the_level_is_a_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "warning")
    get_logger().info("quiet")
    get_logger().warning("heard")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["heard"]


def test_away_from_a_terminal_logs_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("auto")
    get_logger().info("started", http="127.0.0.1:9464")
    assert json.loads(capsys.readouterr().err)["http"] == "127.0.0.1:9464"
