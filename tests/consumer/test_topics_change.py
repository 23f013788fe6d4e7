"""Topics that grow, go and come back under a running service; it is a static member by the broker's own protocol."""

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType

from consumer.kafka.reader import LOOK_EVERY_S
from consumer.records.dead_letter import CUT_BYTES
from consumer.records.verdict import VerdictKey, VerdictValue, now_ms, verdict_record
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish
from tests.support.world import World
from training.sample import sample_events

GROUP = "changing"
POISON = b'{"log_message": '
INPUT, LABELLED, DEAD, VERDICTS = (f"{GROUP}.{topic}" for topic in ("raw", "labelled", "dead", "verdicts"))
MEMBER = "one"
EVENTS = 200
PROPERTIES = {
    "group.protocol": "consumer",
    "group.instance.id": MEMBER,
    # How soon the client sees that a topic has grown, or is gone.
    "topic.metadata.refresh.interval.ms": 1_000,
    "topic.metadata.propagation.max.ms": 1_000,
}


class Running(World):
    """A world with a service that runs, until a test ends it."""

    def __init__(self, kafka: KafkaServer, directory: Path, bundle: Path) -> None:
        properties = {"LOGSLUICE_KAFKA": json.dumps(PROPERTIES)}
        super().__init__(kafka, directory, GROUP, properties, bundle=bundle)
        self.service = self.start()

    def send(self, partition: int = -1, *further: bytes) -> None:
        events = (*islice(sample_events(templates=20), EVENTS), *further)
        self.publish(Raw(event, partition=partition) for event in events)

    def obstacle(self) -> str:
        status, answer = self.service.readiness()
        return str(answer["obstacles"].get("publish (fast)", "")) if status == 503 else ""

    def set_policy(self, topic: str, policy: str) -> None:
        entry = ConfigEntry("cleanup.policy", policy, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        admin = self.kafka.admin()
        admin.incremental_alter_configs([resource])[resource].result(15)

    def labelled_total(self) -> int:
        return self.service.total("logsluice_events_labelled_total")


@pytest.fixture(scope="module")
def running(kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(kafka, tmp_path_factory.mktemp(GROUP), small)
    with running.service as service:
        service.wait_until_ready()
        yield running


def test_it_is_a_static_member_by_the_brokers_protocol(running: Running) -> None:
    running.send()
    running.wait_until_worked_through()
    assert running.labelled_total() == EVENTS
    admin = running.kafka.admin()
    described = admin.describe_consumer_groups([GROUP])[GROUP].result(15)
    assert described.type.name == "CONSUMER"
    assert [member.group_instance_id for member in described.members] == [MEMBER]


def test_partitions_that_are_added_are_consumed(running: Running) -> None:
    before = running.labelled_total()
    admin = running.kafka.admin()
    admin.create_partitions([NewPartitions(INPUT, 6)])[INPUT].result(15)
    wait_until(lambda: len(running.kafka.end_offsets(INPUT)) == 6, "the partitions are there")
    running.send(5)
    running.service.wait_until_total("logsluice_events_labelled_total", before + EVENTS)
    running.wait_until_worked_through()


def test_verdicts_in_partitions_that_are_added_are_heard(running: Running) -> None:
    admin = running.kafka.admin()
    admin.create_partitions([NewPartitions(VERDICTS, 7)])[VERDICTS].result(15)
    wait_until(lambda: len(running.kafka.end_offsets(VERDICTS)) == 7, "the partitions are there")
    said = VerdictValue("Error", 1.0, "person", 2, now_ms(), "ada")
    verdict = verdict_record(VERDICTS, VerdictKey("any", "app", "a template", "person"), said)
    publish(running.kafka, VERDICTS, [Raw(verdict.value, verdict.key, partition=6)])
    wait_until(
        lambda: running.service.total("logsluice_memory_verdicts") == 1, "it is remembered", 3 * LOOK_EVERY_S
    )


@pytest.mark.timeout(240)
def test_without_its_dead_letter_topic_it_waits_and_loses_nothing(running: Running) -> None:
    before = running.labelled_total()
    running.kafka.delete_topic(DEAD)
    running.send(0, POISON)
    wait_until(lambda: DEAD in running.obstacle(), "/readyz names the topic that is missing", 90)
    assert running.labelled_total() == before

    running.kafka.create_topics(DEAD)
    running.wait_until_worked_through()
    assert [record.value() for record in running.kafka.read_all(DEAD)] == [POISON]
    wait_until(lambda: running.labelled_total() == before + EVENTS, "the rest of the batch is labelled")
    wait_until(lambda: running.service.readiness()[0] == 200, "it is ready again")


def test_what_the_broker_refuses_for_another_reason_than_its_size_is_a_dead_letter(running: Running) -> None:
    """A compacted topic takes no record without a key."""
    running.set_policy(LABELLED, "compact")
    before, dead = running.labelled_total(), sum(running.kafka.end_offsets(DEAD).values())
    event = next(sample_events())
    publish(running.kafka, INPUT, [Raw(event, key, partition=0) for key in (None, b"key", None, b"key")])
    running.wait_until_worked_through()
    wait_until(lambda: running.labelled_total() == before + 2, "those with a key are labelled")
    letters = [dict(record.headers() or []) for record in running.kafka.read_all(DEAD)]
    assert [letter["reason"] for letter in letters].count(b"refused") == 2
    assert len(letters) == dead + 2
    running.set_policy(LABELLED, "delete")


def test_what_ends_with_an_error_is_not_committed_and_taken_up_by_the_next(running: Running) -> None:
    running.kafka.delete_topic(DEAD)
    running.kafka.create_topics(DEAD, config={"max.message.bytes": "1000"})
    done = sum(running.committed().values())
    poison = b"poison" + random.Random(1).randbytes(CUT_BYTES)
    running.send(0, poison)
    assert running.service.wait() == 4
    assert "raise its max.message.bytes" in running.service.output.splitlines()[-1]
    assert sum(running.committed().values()) == done

    running.kafka.delete_topic(DEAD)
    running.kafka.create_topics(DEAD, config={"max.message.bytes": str(CUT_BYTES * 2)})
    with running.start() as again:
        running.wait_until_worked_through()
        assert [record.value() for record in running.kafka.read_all(DEAD)] == [poison]
        assert again.total("logsluice_events_labelled_total") == EVENTS
        running.kafka.delete_topic(INPUT)
        assert again.wait() == 4
        assert "a topic does not exist: run `logsluice topics create`" in again.output.splitlines()[-1]
