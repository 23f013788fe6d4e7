from pathlib import Path

import pytest

from consumer.errors import SettingsError
from tests.consumer.settings.conftest import Problems, Read

SECRET = "hunter2-do-not-print"


def test_the_defaults_are_those_that_others_rely_on(read: Read) -> None:
    settings = read()
    assert (settings.bootstrap_servers, settings.group_id) == ("localhost:9092", "logsluice")
    assert (settings.input_topic, settings.output_topic) == (("logs.raw",), "logs.labelled")
    assert (settings.pending_topic, settings.verdicts_topic) == ("logs.pending", "logs.verdicts")
    assert (settings.dead_letter_topic, settings.input_format) == ("logs.dead", "auto")
    assert (settings.source_field, settings.message_field) == (None, None)
    assert (settings.batch_max_events, settings.batch_max_wait_ms) == (20_000, 50)
    assert (settings.http_port, settings.delivery, settings.bundle) == (9464, "at-least-once", None)


def test_values_are_read_from_the_environment(read: Read) -> None:
    settings = read(
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


def test_every_wrong_setting_is_reported_at_once(problems: Problems) -> None:
    lines = problems(
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
        ("INPUT_FORMAT", "logs.raw=json,logs.raw=text", "the topic 'logs.raw' is named twice"),
        ("INPUT_FORMAT", "xml", "is 'xml': 'xml' is no format: there are auto, "),
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
        ("BOOTSTRAP_SERVERS", "a:9092,b:x", "'b:x' is not host:port. It takes: brokers"),
        ("BOOTSTRAP_SERVERS", "a:70000", "'a:70000' is not host:port"),
        ("BOOTSTRAP_SERVERS", "http://a:9092", "'http://a:9092' is not host:port"),
        ("BOOTSTRAP_SERVERS", " , ", "at least one broker is needed"),
        ("BOOTSTRAP_SERVERS", "::1:9092", "'::1:9092' is not host:port; an IPv6 address stands in brackets"),
        ("BROKER_WAIT_S", "0", "is '0': input should be greater than 0. It takes: seconds to wait"),
        ("KAFKA", "{", ": this is not valid JSON. It takes: JSON object of librdkafka properties."),
        ("KAFKA", "[1]", ": input should be a valid dictionary"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_takes(
    problems: Problems, name: str, value: str, sentence: str
) -> None:
    (line,) = problems(**{name: value})
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
def test_an_unknown_name_is_a_mistake(problems: Problems, name: str, line: str, place: str) -> None:
    if place == "file":
        Path(".env").write_text(f"LOGSLUICE_{name}=1\n")
        name = "GROUP_ID"
    assert problems(**{name: "1"}) == [line]


def test_a_file_that_is_no_text_is_a_sentence(read: Read) -> None:
    Path(".env").write_bytes(b"LOGSLUICE_GROUP_ID=\xff\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: 'utf-8' codec can't decode"):
        read()


def test_service_links_of_kubernetes_are_no_mistake(read: Read) -> None:
    address = "tcp://10.96.0.12:9464"
    links = {
        "SERVICE_HOST": "10.96.0.12",
        "SERVICE_PORT": "9464",
        "SERVICE_PORT_METRICS": "9464",
        "PORT": address,
    }
    links |= {"PORT_9464_TCP": address, "PORT_9464_TCP_ADDR": "10.96.0.12", "PORT_9464_TCP_PROTO": "tcp"}
    other = {f"METRICS_{name}": value for name, value in links.items()}
    assert read(**links, **other).http_port == 9464


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM", "{"),
        ("LLM__REDACT", "[a"),
        ("LLM__REQUEST", "temperature"),
        ("LLM__BUDGET", "1,2"),
        ("KAFKA", "{"),
    ],
)
def test_a_value_that_is_not_json_is_named_and_hides_no_other_error(
    problems: Problems, name: str, value: str
) -> None:
    lines = problems(**{name: value, "HTTP_PORT": "x", "LLM__CANARYY": "1"})
    assert [line.split()[0].rstrip(":") for line in lines if "HTTP_PORT" not in line] == [
        "LOGSLUICE_LLM__CANARYY",
        f"LOGSLUICE_{name}",
    ]
    assert any(line.startswith(f"LOGSLUICE_{name}: this is not valid JSON. It takes: ") for line in lines)
    assert any(line.startswith("LOGSLUICE_HTTP_PORT is 'x'") for line in lines)


def test_a_nested_setting_with_an_unknown_member_is_named(problems: Problems) -> None:
    (line,) = problems(LLM='{"canry": 1}')
    assert line == "LOGSLUICE_LLM__CANRY is not a setting."


def test_a_member_of_a_wrong_list_is_named_by_its_setting(problems: Problems) -> None:
    (line,) = problems(LLM__REDACT="[1]")
    assert line.startswith(
        "LOGSLUICE_LLM__REDACT: input should be a valid string. It takes: JSON list of RE2"
    )


@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize(
    "name",
    [
        "BATCH_MAX_EVENTS",
        "HTTP_PORT",
        "KAFKA",
        "LLM__PROVIDER",
        "LLM__DEADLINE_S",
        "INPUT_TOPIC",
        "LLM__REDACT",
    ],
)
def test_an_empty_variable_counts_as_not_set(read: Read, name: str, place: str) -> None:
    before = read()
    Path(".env").write_text(f"LOGSLUICE_{name}=\n" if place == "file" else "")
    assert read(**({name: ""} if place == "environment" else {})) == before


def test_an_empty_groq_key_turns_no_llm_on(read: Read) -> None:
    assert not read(GROQ_API_KEY="").llm.enabled


def test_a_limit_of_metric_sources_is_reported(problems: Problems, read: Read) -> None:
    assert len(read(METRIC_SOURCES=",".join(f"s{number}" for number in range(200))).metric_sources) == 200
    (line,) = problems(METRIC_SOURCES=",".join(f"s{number}" for number in range(3_000)))
    assert "3000 sources are too many" in line
    assert "200 at most" in line
    assert len(line) < 600


@pytest.mark.parametrize(
    "value", ["::1", "[::1]:9092", "kafka", "SASL_SSL://kafka:9093", "a:1, [fe80::1%eth0]:2"]
)
def test_brokers_are_hosts_with_or_without_a_port(read: Read, problems: Problems, value: str) -> None:
    if value == "::1":
        assert problems(BOOTSTRAP_SERVERS=value)
    else:
        assert read(BOOTSTRAP_SERVERS=value).bootstrap_servers == value


def test_settings_of_the_llm_that_lack_one_are_a_sentence_with_their_names(problems: Problems) -> None:
    assert problems(LLM__BASE_URL="http://localhost/v1") == [
        "LOGSLUICE_LLM__MODEL is needed: no preset names one."
    ]


def test_a_pattern_that_is_not_re2_is_named(problems: Problems) -> None:
    (line,) = problems(LLM__REDACT='["ok", "a(?=b)"]')
    assert line.startswith(
        "LOGSLUICE_LLM__REDACT: the pattern 'a(?=b)' is not RE2: invalid perl operator: (?="
    )


def test_words_are_read_whatever_their_case(read: Read) -> None:
    settings = read(
        LOG_LEVEL="INFO",
        DELIVERY="Exactly-Once",
        INPUT_FORMAT="JSON",
        LLM__PROVIDER="Groq",
        GROQ_API_KEY="gsk_x",
    )
    assert (settings.log_level, settings.delivery, settings.input_format) == ("info", "exactly-once", "json")
    assert settings.llm.provider == "groq"
