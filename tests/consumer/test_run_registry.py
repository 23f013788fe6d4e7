"""Records in a schema registry's frame through `run` on a real Kafka; the registry may be away meanwhile."""

import json
from collections import Counter
from pathlib import Path

import fastavro
import pytest

from consumer.records.incoming import last_header
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw
from tests.support.registry_server import PASSWORD, USER, registry_running
from tests.support.service_process import PATIENT_GROUP
from tests.support.world import World

LOG = {
    "type": "record",
    "name": "Log",
    "fields": [{"name": name, "type": "string"} for name in ("source", "message")],
}
EVENTS = 60


def avro(number: int, event: dict[str, str], directory: Path) -> bytes:
    """Return an event in Avro, in the frame that names its schema by number."""
    path = directory / "event.avro"
    with path.open("wb") as file:
        fastavro.schemaless_writer(file, LOG, event)
    return b"\0" + number.to_bytes(4) + path.read_bytes()


@pytest.mark.timeout(180)
def test_framed_events_wait_for_the_registry_and_only_unknown_schemas_are_dead(
    kafka: KafkaServer, small: Path, tmp_path: Path
) -> None:
    with registry_running() as registry:
        number = registry.add("logs", json.dumps(LOG))
        registry.is_away = True
        settings = PATIENT_GROUP | {
            "LOGSLUICE_SCHEMA_REGISTRY__URL": registry.url,
            "LOGSLUICE_SCHEMA_REGISTRY__USER": USER,
            "LOGSLUICE_SCHEMA_REGISTRY__PASSWORD": PASSWORD,
        }
        world = World(kafka, tmp_path, "framed", settings, bundle=small)
        with world.start() as service:
            service.wait_until_ready()
            event = {"source": "app", "message": "user opened the report"}
            world.publish([Raw(avro(number, event, tmp_path)) for _ in range(EVENTS)])
            wait_until(
                lambda: service.readiness()[0] == 503, "the service says that the registry is away", 60
            )
            (why,) = service.readiness()[1]["obstacles"].values()
            assert "schema registry does not answer" in why
            assert PASSWORD not in service.output

            registry.is_away = False
            world.wait_until_worked_through()
            assert service.readiness()[0] == 200
            world.publish([avro(99, event, tmp_path), b"\0" + number.to_bytes(4) + b"\xff"])
            world.wait_until_worked_through()
            service.wait_until_total("logsluice_dead_letters_total", 2)
            assert service.total("logsluice_events_labelled_total") == EVENTS
            assert service.stop() == 0
    assert all(each.items() >= event.items() for each in world.labelled())
    letters = Counter(
        (last_header(letter, "reason"), last_header(letter, "error").split(b":")[0])
        for letter in kafka.read_all(world.dead)
    )
    assert letters == {
        (b"unknown_schema", b"the schema registry knows no schema 99"): 1,
        (b"not_of_its_schema", b"the payload is not written by schema 1"): 1,
    }
