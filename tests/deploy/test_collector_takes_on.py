"""A real Collector takes labelled OTLP on, as `deploy/sinks/otel-collector.yaml` has it receive."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.consumer.records.formats.otlp_requests import log_record, request
from tests.deploy.collector import collector
from tests.deploy.processes import running
from tests.deploy.test_sinks import content
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.world import World

MESSAGES = ["login failed for user root", "disk is full", "user saved the form"]


def attributes(record: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in record["attributes"]}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_labelled_otlp_goes_on_with_its_labels(kafka: KafkaServer, small: Path, tmp_path: Path) -> None:
    program = collector()
    world = World(
        kafka, tmp_path, "taken-on", {"LOGSLUICE_OUTPUT_FORMAT": "same"}, bundle=small, partitions=1
    )
    onward = "taken-on.onward"
    kafka.create_topics(onward, partitions=1)
    configuration = content("otel-collector.yaml")
    receiver = configuration["receivers"]["kafka"]
    receiver["brokers"] = [kafka.bootstrap_servers]
    receiver["logs"]["topics"] = [world.output]
    exporter = {"brokers": [kafka.bootstrap_servers], "logs": {"topic": onward, "encoding": "otlp_json"}}
    configuration["exporters"] = {"kafka": exporter}
    configuration["service"]["pipelines"]["logs"]["exporters"] = ["kafka"]
    configuration["service"]["telemetry"] = {"metrics": {"level": "none"}}
    (tmp_path / "collector.yaml").write_text(yaml.safe_dump(configuration))
    records = [log_record(message) for message in MESSAGES]
    with (
        world.start() as service,
        running([program, "--config", tmp_path / "collector.yaml"], tmp_path / "out.log"),
    ):
        service.wait_until_ready()
        world.publish([request(records, {"service.name": "app"}).SerializeToString()])
        wait_until(
            lambda: sum(kafka.end_offsets(onward).values()) > 0, f"taken on; see {tmp_path}/out.log", 60
        )
        assert service.stop() == 0
    (taken,) = kafka.read_all(onward)
    (resource,) = json.loads(taken.value() or b"")["resourceLogs"]
    found = [record for scope in resource["scopeLogs"] for record in scope["logRecords"]]
    assert [record["body"]["stringValue"] for record in found] == MESSAGES
    assert attributes(resource["resource"]) == {"service.name": "app"}
    for record, message in zip(found, MESSAGES, strict=True):
        ours = attributes(record)
        assert ours["logsluice.template"] == message
        assert ours["logsluice.label"]
        assert ours["logsluice.tier"] in ("embedding", "none")
