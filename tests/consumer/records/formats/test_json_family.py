"""What is found in a JSON object of one event: by the format's name, by its looks, and by names of a user's own."""

import json

import pytest

from consumer.records.formats.found import Found
from consumer.records.formats.names import PRESETS
from consumer.records.reasons import UndecodableError
from pipeline.event import Event
from tests.consumer.records.formats.examples import TOPIC, Example
from tests.consumer.records.formats.json_family import AUDIT, FAMILY
from tests.support.reading import event_of, read

each_example = pytest.mark.parametrize("example", FAMILY, ids=lambda example: example.name)


@each_example
def test_named_and_recognised_it_is_the_same_event(example: Example) -> None:
    for input_format in (example.format, "json", "auto", f"{TOPIC}={example.format}"):
        (found,) = read(example.value, input_format, topic=TOPIC)
        assert isinstance(found, Found)
        assert found.event == example.events[0]
        assert (found.value, found.index) == (example.value, None)


@pytest.mark.parametrize("example", AUDIT, ids=lambda example: example.name)
def test_of_an_audit_event_a_message_is_made(example: Example) -> None:
    for input_format in ("k8s-audit", "auto"):
        assert event_of(example.value, input_format) == example.events[0]
    with pytest.raises(UndecodableError, match="not_this_format"):
        read(b'{"message":"up"}', "k8s-audit")


def test_every_preset_has_an_example_and_is_strict() -> None:
    assert PRESETS.keys() == {example.format for example in FAMILY}
    for name in PRESETS:
        with pytest.raises(UndecodableError, match="no_message"):
            read(b'{"note":"no message under any name"}', name)
        with pytest.raises(UndecodableError, match="not_json"):
            read(b"plain words", name)


def test_the_names_of_a_user_come_first() -> None:
    value = b'{"a":{"text":"theirs"},"message":"usual","log_message":"ours","from":"me","source":"you"}'
    assert event_of(value, "auto", "from", "a.text") == Event("me", "theirs")
    assert event_of(b'{"message":"usual","source":"you"}', "auto", "from", "a.text") == Event("you", "usual")


@pytest.mark.parametrize(
    ("members", "severity"),
    [
        ({"level": "WARN"}, "warning"),
        ({"level": "Fatal"}, "critical"),
        ({"level": 30}, "info"),
        ({"level": "30"}, "info"),
        ({"level": 3}, "error"),
        ({"level": 1e9}, ""),
        ({"level": None, "severity": "error"}, "error"),
        ({"level": "Metadata"}, ""),
        ({"level": "Metadata", "severity": "notice"}, "notice"),
        ({"log": {"level": "debug"}}, "debug"),
        ({"log.level": "debug"}, "debug"),
        ({"severity_number": 17}, "error"),
        ({"severityText": "INFO"}, "info"),
        ({"PRIORITY": "2"}, "critical"),
        ({"@l": "Verbose"}, "trace"),
        ({"level": ["error"]}, ""),
        ({}, ""),
    ],
)
def test_a_severity_is_found_under_the_usual_names(members: dict[str, object], severity: str) -> None:
    value = json.dumps({"source": "a", "log_message": "up", **members}).encode()
    assert event_of(value) == Event("a", "up", severity)


@pytest.mark.parametrize(
    ("message", "own", "severity"),
    [
        ('{"level":"error","msg":"boom"}', "boom", "error"),
        ('{"level":"error","message":"boom","error":"timeout"}', "boom: timeout", "error"),
        ('{"message":"boom: timeout","err":"timeout"}', "boom: timeout", ""),
        ('{"message":"boom","error":{"message":"timeout","code":1}}', "boom: timeout", ""),
        ('{"message":"boom","log":{"level":"warn"}}', "boom", "warning"),
        ('{"level":50,"msg":"boom"}', "boom", "error"),
        ('{"message":"{\\"message\\":\\"inner\\"}"}', '{"message":"inner"}', ""),
        ('{"verb":"get","level":"Metadata"}', '{"verb":"get","level":"Metadata"}', ""),
        ('{"message":', '{"message":', ""),
        ('time=1 level=error msg="no \\"x\\" here" err=EOF', 'no "x" here: EOF', "error"),
        ("ts=1 lvl=dbug message=ready", "ready", "debug"),
        ("it said msg=ready", "it said msg=ready", ""),
        ("level=error", "level=error", ""),
        ("line\r\n", "line", ""),
    ],
)
def test_of_a_message_that_is_json_or_logfmt_its_own_part_is_classified(
    message: str, own: str, severity: str
) -> None:
    for name in ("log_message", "log"):
        value = json.dumps({"source": "a", name: message}).encode()
        (found,) = read(value)
        assert isinstance(found, Found)
        assert (found.event, found.value) == (Event("a", own, severity), value)
