"""A broker that is not there yet, one that goes away, and one that lacks topics."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.real_kafka import running_kafka
from tests.support.service_process import run_command
from tests.support.world import World, settings
from training.sample import sample_events

pytestmark = pytest.mark.kafka

GROUP = "no-broker"
EVENTS = 50


@pytest.fixture(scope="module")
def absent(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose broker is its own, and is stopped."""
    for server in running_kafka(tmp_path_factory.mktemp("absent-kafka")):
        world = World(
            server, tmp_path_factory.mktemp(GROUP), GROUP, {"LOGSLUICE_BROKER_WAIT_S": "300"}, bundle=small
        )
        server.stop()
        yield world


@pytest.mark.timeout(300)
def test_a_service_waits_for_its_broker_and_survives_its_absence(absent: World) -> None:
    def ship() -> None:
        absent.publish(islice(sample_events(templates=20), EVENTS))

    def all_is_labelled() -> bool:
        return absent.labelled_ids().keys() == absent.ids(absent.ends()).keys()

    with absent.start(BROKER_WAIT_S="300") as service:
        wait_until(
            lambda: "does not answer" in service.readiness()[1].get("obstacles", {}).get("broker", ""),
            "/readyz says that there is no broker",
            90,
        )
        assert service.readiness()[0] == 503
        assert service.total("logsluice_ready") == 0

        absent.kafka.start()
        service.wait_until_ready()
        assert service.total("logsluice_ready") == 1
        ship()
        wait_until(all_is_labelled, "all is labelled")

        absent.kafka.stop()
        wait_until(lambda: service.readiness()[0] == 503, "the service notes that its broker is gone", 60)
        assert "broker" in service.readiness()[1]["obstacles"]

        absent.kafka.start()
        ship()
        wait_until(all_is_labelled, "all is labelled, also what came after", 90)
        service.wait_until_ready()
        assert service.stop() == 0
    assert "Traceback" not in service.output


def test_missing_topics_end_the_service_with_a_sentence(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environment = settings(kafka, "missing") | {"LOGSLUICE_HTTP_PORT": str(free_port())}
    kafka.create_topics(environment["LOGSLUICE_INPUT_TOPIC"])
    ended = run_command(tmp_path_factory.mktemp("missing"), environment, "run")
    assert ended.returncode == 4, ended.stderr
    sentence = ended.stderr.splitlines()[-1]
    assert sentence.startswith("logsluice: the broker has no topic missing.dead, missing.labelled")
    assert "run `logsluice topics create`" in sentence
    assert "Traceback" not in ended.stderr
