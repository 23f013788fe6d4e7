"""A bundle that changes under a running service, on a real Kafka."""

import signal
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from pipeline.bundle import (
    CLASSIFIER,
    default_bundle,
    read_bundle,
)
from tests.support.changed_bundle import LINE, NEW_LABEL, add_label, with_rule
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.world import World


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bundle with one rule."""
    copy = tmp_path / "bundle"
    copytree(default_bundle(), copy)
    with_rule(copy, "Error")
    return copy


@pytest.mark.timeout(240)
def test_a_running_service_swaps_without_leaving_its_group(
    kafka: KafkaServer, directory: Path, tmp_path: Path
) -> None:
    world = World(kafka, tmp_path, "swap", bundle=directory)
    line = msgspec.json.encode({"source": "app", "log_message": LINE})

    def labels_of_ten_more(version: str) -> list[str]:
        before = sum(kafka.end_offsets(world.output).values())
        world.publish([line] * 10)
        world.wait_until_worked_through()
        verdicts = [event["classification"] for event in world.labelled()]
        assert len(verdicts) == before + 10
        # Partitions are read in any order: what is new is known by which bundle labelled it.
        return [v["label"] for v in verdicts if v["bundle"] == version]

    with world.start() as service:
        service.wait_until_ready()
        assert labels_of_ten_more(read_bundle(directory).version) == ["Error"] * 10

        version = add_label(directory)
        service.send(signal.SIGHUP)
        swaps = "logsluice_bundle_swaps_total"
        wait_until(lambda: service.series(swaps)[("done",)] == 1, "it is swapped", 60)
        assert service.series("logsluice_events_labelled_total")[NEW_LABEL, "other", "rules"] == 0
        assert labels_of_ten_more(version) == [NEW_LABEL] * 10
        wait_until(lambda: set(service.series("logsluice_bundle_info")) == {(version,)}, "it names it")

        (directory / CLASSIFIER).write_bytes(b"another hand's")
        service.send(signal.SIGHUP)
        wait_until(lambda: service.series(swaps)[("refused",)] == 1, "it is refused", 60)
        assert service.readiness()[0] == 200
        assert labels_of_ten_more(version) == [NEW_LABEL] * 20
        (swapped,) = service.logged("bundle swapped")
        assert swapped["bundle"] == version
        (refused,) = service.logged("new bundle refused; the old one stays in use")
        assert CLASSIFIER in refused["reason"]
        assert len(service.logged("partitions assigned")) == 1
        assert service.logged("partitions revoked") == []
        assert service.stop() == 0
