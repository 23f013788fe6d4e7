"""More verdicts in the topic than `MAX_TEMPLATES` has room for."""

from pathlib import Path

from consumer.records.verdict import model_verdict
from pipeline.memory import Remembered
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.world import World


def test_a_service_remembers_as_many_verdicts_as_it_is_allowed_and_is_ready(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    world = World(kafka, tmp_path, "max-templates", {"LOGSLUICE_MAX_TEMPLATES": "1000"})
    said = Remembered("Error", 0.9, "model", 1)
    verdicts = [model_verdict(world.verdicts, "any", f"template {n}", "app", said, "m") for n in range(1_100)]
    publish(kafka, world.verdicts, (Raw(record.value, record.key) for record in verdicts))
    with world.start() as service:
        service.wait_until_ready()
        # Two generations of 500: the third has begun, and the first is forgotten.
        assert service.total("logsluice_memory_verdicts") == 600
        assert service.stop() == 0
