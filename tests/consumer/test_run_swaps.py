"""A bundle that changes under a running service, on a real Kafka."""

import signal
import threading
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from pipeline.bundle import (
    CLASSIFIER,
    default_bundle,
    read_bundle,
)
from tests.conftest import invoke
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


@pytest.mark.timeout(240)
def test_a_promoted_bundle_takes_over_between_two_batches(
    kafka: KafkaServer, small: Path, tmp_path: Path
) -> None:
    live, new = copytree(small, tmp_path / "live"), copytree(small, tmp_path / "new")
    before, after = with_rule(live, "Error"), with_rule(new, "Security Alert")
    world = World(kafka, tmp_path, "promote", bundle=live)
    line = msgspec.json.encode({"source": "app", "log_message": LINE})
    over = threading.Event()

    def publish() -> None:
        while not over.wait(0.05):
            world.publish([line] * 20)

    with world.start() as service:
        service.wait_until_ready()
        stream = threading.Thread(target=publish)
        stream.start()
        try:
            world.wait_until_published(40)
            result = invoke("promote", new, "--to", live, "--force")
            assert result.exit_code == 0, result.output
            swaps = "logsluice_bundle_swaps_total"
            wait_until(lambda: service.series(swaps)[("done",)] == 1, "it is swapped", 60)
            there = sum(kafka.end_offsets(world.output).values())
            world.wait_until_published(there + 40)
        finally:
            over.set()
            stream.join()
        world.wait_until_worked_through()
        assert service.series(swaps)[("refused",)] == 0
        assert service.logged("partitions revoked") == []
        assert service.stop() == 0
    assert world.labelled_ids() == world.ids(world.ends())
    said = {
        (event["classification"]["bundle"], event["classification"]["label"]) for event in world.labelled()
    }
    assert said == {(before, "Error"), (after, "Security Alert")}
    assert read_bundle(tmp_path / "live.previous").version == before
