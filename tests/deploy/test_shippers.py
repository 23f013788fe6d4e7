"""What the shippers write is what logsluice reads, with the settings that their configurations state."""

import re
from pathlib import Path

import pytest
import yaml

from consumer.settings import Settings
from tests.deploy.shippers import DIRECTORY, SHIPPERS, stated_settings
from tests.support.reading import event_of

GOLDEN = Path(__file__).parent / "golden"
EVERY_SHIPPER = pytest.mark.parametrize("name", SHIPPERS)


@EVERY_SHIPPER
def test_the_golden_record_decodes_with_the_settings_that_are_stated(name: str) -> None:
    settings = stated_settings(SHIPPERS[name])
    value = (GOLDEN / f"{name}.json").read_bytes()
    event = event_of(value, "json", settings["LOGSLUICE_SOURCE_FIELD"], settings["LOGSLUICE_MESSAGE_FIELD"])
    assert (event.source, event.message) == ("billing", "Payment 4711 was refused: the card is expired")


@EVERY_SHIPPER
def test_the_golden_record_decodes_without_any_setting(name: str) -> None:
    event = event_of((GOLDEN / f"{name}.json").read_bytes())
    assert (event.source, event.message) == ("billing", "Payment 4711 was refused: the card is expired")


@EVERY_SHIPPER
def test_the_configuration_writes_to_the_input_topic(name: str) -> None:
    text = SHIPPERS[name].read_text(encoding="utf-8")
    assert Settings().input_topic[0] in text
    assert Settings().bootstrap_servers in text


@EVERY_SHIPPER
def test_the_readme_states_the_same_settings(name: str) -> None:
    settings = stated_settings(SHIPPERS[name])
    fields = f"| `{settings['LOGSLUICE_SOURCE_FIELD']}` | `{settings['LOGSLUICE_MESSAGE_FIELD']}` |"
    rows = (DIRECTORY / "README.md").read_text(encoding="utf-8").splitlines()
    assert any(f"({SHIPPERS[name].name})" in row and row.endswith(fields) for row in rows)


@pytest.mark.parametrize(
    "path", [path for path in SHIPPERS.values() if path.suffix != ".conf"], ids=lambda p: p.stem
)
def test_the_configuration_is_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


TRACES = (
    [
        "order lookup failed",
        "java.lang.IllegalStateException: no such order",
        "\tat app.Orders.find(Orders.java:41)",
        "Caused by: java.sql.SQLException: closed",
        "\t... 12 more",
    ],
    [
        "job 7 failed",
        "Traceback (most recent call last):",
        '  File "job.py", line 3, in run',
        "ValueError: 4711",
    ],
    ["Cause unknown"],
    ["ERROR: disk full"],
    ["error: cannot open the file"],
    ["Exception handling is on"],
)


@pytest.mark.parametrize("name", ["filebeat", "vector"])
def test_a_stack_trace_stays_with_the_line_before_it(name: str) -> None:
    content = yaml.safe_load(SHIPPERS[name].read_text(encoding="utf-8"))
    if name == "vector":
        pattern = content["sources"]["files"]["multiline"]["condition_pattern"]
    else:
        pattern = content["filebeat.inputs"][0]["parsers"][0]["multiline"]["pattern"]
    events: list[list[str]] = []
    for line in (line for trace in TRACES for line in trace):
        if re.search(pattern, line):
            events[-1].append(line)
        else:
            events.append([line])
    assert events == [*TRACES]
