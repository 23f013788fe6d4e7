"""The sinks read what logsluice writes: its topic, and the members that a labelled record has."""

import json
import re
from typing import Any

import msgspec
import pytest
import yaml

from consumer.records.formats.found import Classification
from consumer.settings import Settings
from tests.deploy.shippers import ROOT, stated_settings

SINKS = ROOT / "deploy" / "sinks"
CONNECTORS = ("elasticsearch.json", "clickhouse.json")
VECTOR = ("loki.yaml", "datadog.yaml", "splunk.yaml")
MEMBERS = {field.name for field in msgspec.structs.fields(Classification)}
"""What a labelled record has in ``classification``."""
REQUIRED = {
    "elasticsearch.json": {"connection.url", "key.ignore", "schema.ignore"},
    "clickhouse.json": {"hostname", "database", "username", "password", "topic2TableMap"},
    "loki.yaml": {"endpoint", "labels", "encoding"},
    "datadog.yaml": {"default_api_key", "site"},
    "splunk.yaml": {"endpoint", "default_token", "encoding"},
}
"""What the programs cannot do without, by their documentation."""


def content(name: str) -> Any:
    text = (SINKS / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def named_members(text: str) -> set[str]:
    """Return the members of the classification that a text names as a path."""
    return set(re.findall(r"classification\.(\w+)", text))


def test_the_readme_names_every_file() -> None:
    named = set(re.findall(r"\]\(([\w.-]+)\)", (SINKS / "README.md").read_text(encoding="utf-8")))
    assert named == {path.name for path in SINKS.iterdir()} - {"README.md"}


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_connector_takes_the_labelled_topic(name: str) -> None:
    config = content(name)["config"]
    assert config["topics"] == Settings().output_topic
    assert config["consumer.override.isolation.level"] == "read_committed"
    assert config["value.converter"].endswith("JsonConverter")
    assert config["value.converter.schemas.enable"] == "false"
    assert config.keys() >= REQUIRED[name]
    assert all(isinstance(value, str) for value in config.values())


def test_elasticsearch_has_the_event_id_for_its_document_id() -> None:
    config = content("elasticsearch.json")["config"]
    steps = config["transforms"].split(",")
    assert steps == ["key", "classification", "id"]
    assert config["key.ignore"] == "false"
    assert config["transforms.key.fields"] == config["transforms.classification.field"] == "classification"
    assert config["transforms.id.field"] in MEMBERS


def test_elasticsearch_maps_every_member() -> None:
    template = content("elasticsearch-index-template.json")
    properties = template["template"]["mappings"]["properties"]["classification"]["properties"]
    assert properties.keys() == MEMBERS
    assert template["index_patterns"] == [f"{Settings().output_topic}*"]


def test_clickhouse_has_a_column_for_every_member() -> None:
    statement = (SINKS / "clickhouse.sql").read_text(encoding="utf-8")
    (members,) = re.findall(r"classification Tuple\((.*?)\n    \)", statement, re.DOTALL)
    assert set(re.findall(r"^\s+(\w+) ", members, re.MULTILINE)) == MEMBERS
    topic, table = content("clickhouse.json")["config"]["topic2TableMap"].split("=")
    assert topic == Settings().output_topic
    assert f"CREATE TABLE IF NOT EXISTS {table}\n" in statement
    assert named_members(statement) <= MEMBERS


@pytest.mark.parametrize("name", VECTOR)
def test_vector_takes_the_labelled_topic_and_members_that_are_there(name: str) -> None:
    configuration = content(name)
    source = configuration["sources"]["labelled"]
    assert source["topics"] == [Settings().output_topic]
    assert source["bootstrap_servers"] == Settings().bootstrap_servers
    assert source["librdkafka_options"]["isolation.level"] == "read_committed"
    assert source["decoding"]["codec"] == "json"
    steps = {"labelled", *configuration.get("transforms", {})}
    (sink,) = configuration["sinks"].values()
    assert set(sink["inputs"]) <= steps
    assert sink.keys() >= REQUIRED[name]
    assert sink["acknowledgements"]["enabled"]
    assert named_members((SINKS / name).read_text(encoding="utf-8")) <= MEMBERS


def test_the_collector_takes_otlp_by_the_settings_that_are_stated() -> None:
    configuration = content("otel-collector.yaml")
    receiver = configuration["receivers"]["kafka"]
    assert receiver["logs"] == {"topics": [Settings().output_topic], "encoding": "otlp_proto"}
    assert receiver["brokers"] == [Settings().bootstrap_servers]
    stated = stated_settings(SINKS / "otel-collector.yaml")
    assert stated == {"LOGSLUICE_OUTPUT_FORMAT": "same"}
    pipeline = configuration["service"]["pipelines"]["logs"]
    assert pipeline["receivers"] == ["kafka"]
    assert set(pipeline["exporters"]) == configuration["exporters"].keys()


def test_a_labelled_record_has_the_members_that_sinks_name() -> None:
    """The names above are those of the records, not only of the class."""
    made = Classification("Error", 0.9, "rules", "r", "t", None, "default@1", "logs.raw-0-1", "error")
    assert json.loads(msgspec.json.encode(made)).keys() == MEMBERS


def test_no_sink_holds_a_secret() -> None:
    for path in SINKS.iterdir():
        for value in re.findall(r"(?:key|token|password)\"?: (\S+)", path.read_text(encoding="utf-8")):
            assert value.startswith("${") or value.strip('",') in ("", "false"), f"{path.name}: {value}"
