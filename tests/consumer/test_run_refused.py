"""What `run` does at its start where the broker is not there, or does not take it: exit 4 and a sentence."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer

from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.service_process import run_command
from tests.support.world import World


def test_a_broker_that_was_never_there_ends_the_service_after_its_wait(tmp_path: Path) -> None:
    at = f"127.0.0.1:{free_port()}"
    environment = {
        "LOGSLUICE_BOOTSTRAP_SERVERS": at,
        "LOGSLUICE_BROKER_WAIT_S": "1",
        "LOGSLUICE_HTTP_PORT": "0",
        "LOGSLUICE_LOG_FORMAT": "json",
    }
    ended = run_command(tmp_path, environment, "run")
    assert ended.returncode == 4, ended.stderr
    sentence = ended.stderr.splitlines()[-1]
    assert sentence.startswith(f"logsluice: the broker at {at} does not answer: {at}/bootstrap: Connect to")
    assert sentence.endswith("Connection refused; waited 1 s, as LOGSLUICE_BROKER_WAIT_S says")
    assert "Traceback" not in ended.stderr


def test_a_wrong_property_of_the_consumer_ends_the_service_before_it_reads(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    world = World(kafka, tmp_path, "wrong-property", {"LOGSLUICE_KAFKA": '{"session.timeout.mss": 1}'})
    ended = run_command(tmp_path, world.environment | {"LOGSLUICE_HTTP_PORT": "0"}, "run")
    assert ended.returncode == 3, ended.stderr
    assert ended.stderr.splitlines()[-1] == (
        "logsluice: LOGSLUICE_KAFKA: session.timeout.mss is not a property of librdkafka; did you mean "
        "session.timeout.ms?"
    )


@pytest.mark.timeout(300)
def test_a_group_that_assigns_partitions_in_another_way_ends_the_service(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    world = World(kafka, tmp_path, "other-protocol")
    other = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": world.name,
            "partition.assignment.strategy": "range",
        }
    )
    try:
        other.subscribe([world.input])
        wait_until(
            lambda: other.poll(0.1) is None and bool(other.assignment()), "the other member has joined"
        )
        ended = run_command(tmp_path, world.environment | {"LOGSLUICE_HTTP_PORT": "0"}, "run", timeout_s=200)
    finally:
        other.close()
    assert ended.returncode == 4, ended.stderr
    assert (
        "the consumer group has members that assign partitions in another way"
        in ended.stderr.splitlines()[-1]
    )
