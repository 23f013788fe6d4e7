import json
import os
from pathlib import Path
from typing import Any

import pytest

from consumer.errors import EXIT_SETTINGS, SettingsError
from consumer.settings import Settings, read_settings

SECRET = "hunter2-do-not-print"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's environment, and no ``.env`` in the directory."""
    for name in os.environ:
        if name.upper().startswith("LOGSLUICE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(f"LOGSLUICE_{name}", value)
    return read_settings(secrets=Path("secrets"))


def problems(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(monkeypatch, **environment)
    assert caught.value.exit_code == EXIT_SETTINGS
    assert caught.value.__context__ is None  # which would print what was given
    return str(caught.value).splitlines()


def test_the_defaults_are_those_that_others_rely_on(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (settings.bootstrap_servers, settings.group_id) == ("localhost:9092", "logsluice")
    assert (settings.input_topic, settings.output_topic) == (("logs.raw",), "logs.labelled")
    assert (settings.pending_topic, settings.verdicts_topic) == ("logs.pending", "logs.verdicts")
    assert (settings.dead_letter_topic, settings.input_format) == ("logs.dead", "json")
    assert (settings.source_field, settings.message_field) == ("source", "log_message")
    assert (settings.batch_max_events, settings.batch_max_wait_ms) == (10_000, 100)
    assert (settings.http_port, settings.delivery, settings.bundle) == (9464, "at-least-once", None)


def test_values_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        INPUT_TOPIC="logs.a, logs.b,",
        METRIC_SOURCES="CRM,Billing System",
        KAFKA='{"security.protocol": "SSL", "socket.timeout.ms": 6000, "log.connection.close": false}',
        BUNDLE="/bundles/mine",
        BATCH_MAX_EVENTS="500",
    )
    assert settings.input_topic == ("logs.a", "logs.b")
    assert settings.metric_sources == ("CRM", "Billing System")
    assert settings.kafka_properties() == {
        "security.protocol": "SSL",
        "socket.timeout.ms": 6000,
        "log.connection.close": False,
        "bootstrap.servers": "localhost:9092",
    }
    assert (settings.bundle, settings.batch_max_events) == (Path("/bundles/mine"), 500)


def test_the_environment_wins_over_the_file_and_the_file_over_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("secrets").mkdir()
    for name in ("kafka_sasl_password", "group_id", "http_port"):
        Path(f"secrets/logsluice_{name}").write_text(f"{SECRET}\n" if name != "http_port" else "1\n")
    Path(".env").write_text("LOGSLUICE_GROUP_ID=file\nLOGSLUICE_HTTP_PORT=2\nUNRELATED=x\n")
    settings = read(monkeypatch, HTTP_PORT="3")
    assert settings.kafka_properties()["sasl.password"] == SECRET
    assert (settings.group_id, settings.http_port) == ("file", 3)


def test_the_secrets_directory_is_a_setting_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "logsluice_group_id").write_text("from a secret")
    monkeypatch.setenv("LOGSLUICE_SECRETS_DIR", str(tmp_path / "mine"))
    assert read_settings().group_id == "from a secret"


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = problems(
        monkeypatch,
        HTTP_PORT="http",
        BATCH_MAX_EVENTS="0",
        INPUT_TOPIC=" , ",
        KAFKA="{not json",
        OUTPUT_TOPIC="no spaces",
        GRUOP_ID="x",
    )
    assert [line.split()[0].rstrip(":") for line in lines] == [
        "LOGSLUICE_GRUOP_ID",
        "LOGSLUICE_INPUT_TOPIC",
        "LOGSLUICE_OUTPUT_TOPIC",
        "LOGSLUICE_BATCH_MAX_EVENTS",
        "LOGSLUICE_HTTP_PORT",
        "LOGSLUICE_KAFKA",
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "HTTP_PORT",
            "99999",
            "is '99999': input should be less than or equal to 65535. It takes: port that serves",
        ),
        ("HTTP_PORT", "http", "is 'http': input should be a valid integer"),
        ("INPUT_FORMAT", "xml", "is 'xml': input should be 'json' or 'text'. It takes: json or text."),
        (
            "BATCH_MAX_WAIT_MS",
            "0",
            "is '0': input should be greater than or equal to 1. It takes: how long a batch",
        ),
        (
            "INPUT_TOPIC",
            ",",
            "at least one topic is needed. It takes: topics of raw events, separated by commas.",
        ),
        (
            "INPUT_TOPIC",
            "a,b/c",
            "a topic's name has 1 to 249 letters, digits, dots, underscores and hyphens",
        ),
        ("DEAD_LETTER_TOPIC", "..", "a topic's name has"),
        ("MESSAGE_FIELD", "a..b", "a path has names between its dots"),
        ("MESSAGE_FIELD", "source", "it must not be the source's path, nor lie within it or around it"),
        ("MESSAGE_FIELD", "source.text", "it must not be the source's path, nor lie within it or around it"),
        ("BUNDLE_DIGEST", "abc", "is 'abc': string should match pattern"),
        ("LOG_LEVEL", "loud", "It takes: debug, info, warning or error."),
        ("DELIVERY", "maybe", "is 'maybe': input should be"),
        ("BOOTSTRAP_SERVERS", "", "is '': string should have at least 1 character. It takes: brokers"),
        ("KAFKA", "{", ": this is not valid JSON. It takes: JSON object of librdkafka properties."),
        ("KAFKA", "[1]", ": input should be a valid dictionary"),
        ("KAFKA", '{"acks": "0"}', ": acks is set by logsluice and may not be changed here"),
        ("KAFKA", '{"metadata.broker.list": "x"}', ": metadata.broker.list is set by logsluice"),
        ("KAFKA", '{"sasl.password": null}', ": sasl.password must be a string, a number, true or false"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    (line,) = problems(monkeypatch, **{name: value})
    assert line.startswith(f"LOGSLUICE_{name}")
    assert sentence in line


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("GRUOP_ID", "LOGSLUICE_GRUOP_ID is not a setting; did you mean LOGSLUICE_GROUP_ID?"),
        ("OUTPUT_TOPICS", "LOGSLUICE_OUTPUT_TOPICS is not a setting; did you mean LOGSLUICE_OUTPUT_TOPIC?"),
        ("HTTP_PROT", "LOGSLUICE_HTTP_PROT is not a setting; did you mean LOGSLUICE_HTTP_PORT?"),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_an_unknown_name_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, name: str, line: str, place: str
) -> None:
    if place == "file":
        Path(".env").write_text(f"LOGSLUICE_{name}=1\n")
        name = "GROUP_ID"
    assert problems(monkeypatch, **{name: "1"}) == [line]


def test_a_file_that_is_no_text_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(b"LOGSLUICE_GROUP_ID=\xff\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: 'utf-8' codec can't decode"):
        read(monkeypatch)


def test_what_kubernetes_adds_beside_a_service_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "tcp://10.96.0.12:9464"
    links = {
        "SERVICE_HOST": "10.96.0.12",
        "SERVICE_PORT": "9464",
        "SERVICE_PORT_METRICS": "9464",
        "PORT": address,
    }
    links |= {"PORT_9464_TCP": address, "PORT_9464_TCP_ADDR": "10.96.0.12", "PORT_9464_TCP_PROTO": "tcp"}
    beside = {f"METRICS_{name}": value for name, value in links.items()}
    assert read(monkeypatch, **links, **beside).http_port == 9464


@pytest.mark.parametrize("wrong", [{}, {"HTTP_PORT": "x"}, {"KAFKA_SASL_PASWORD": SECRET}])
def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    kafka: dict[str, Any] = {"sasl.password": SECRET}
    environment = {"KAFKA": json.dumps(kafka), "KAFKA_SASL_PASSWORD": SECRET, **wrong}
    if wrong:
        assert SECRET not in "".join(problems(monkeypatch, **environment))
    else:
        settings = read(monkeypatch, **environment)
        assert settings.kafka_properties()["sasl.password"] == SECRET
        assert SECRET not in repr(settings) + str(settings)


@pytest.mark.parametrize("value", [f'{{"sasl.password": "{SECRET}"', f'"{SECRET}"', f'{{"a": ["{SECRET}"]}}'])
def test_a_wrong_kafka_object_is_not_printed_for_it_may_hold_secrets(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    assert SECRET not in "".join(problems(monkeypatch, KAFKA=value))
