"""What real producers and operators do, on a real Kafka: odd times, transactions, retention, a twin of a member."""

import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from consumer.errors import EXIT_BROKER
from consumer.records.incoming import last_header
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw
from tests.support.service_process import PATIENT_GROUP
from tests.support.world import World

EVENT = b'{"source":"app","log_message":"Backup of volume %d finished"}'
HOUR_MS = 60 * 60 * 1000
ANY_TIME = {"message.timestamp.after.max.ms": str(2**62)}


def world(kafka: KafkaServer, directory: Path, name: str, **environment: str) -> World:
    return World(kafka, directory, name, PATIENT_GROUP | environment)


@pytest.fixture(scope="module", params=["at-least-once", "exactly-once"])
def odd_times(
    request: pytest.FixtureRequest, kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """A stream whose records have times that the output topic refuses, worked through."""
    name = f"times-{request.param}"
    ours = world(kafka, tmp_path_factory.mktemp(name), name, LOGSLUICE_DELIVERY=request.param)
    kafka.set_topic_config(ours.input, ANY_TIME)
    now_ms = int(time.time() * 1000)
    times = [now_ms - HOUR_MS, now_ms + 2 * HOUR_MS, now_ms, now_ms * 1000, now_ms + HOUR_MS // 2]
    with ours.start() as service:
        for number, timestamp_ms in enumerate(times * 4):
            value = EVENT % number if number % 5 != 4 else b'{"log_message": '
            ours.publish([Raw(value, headers=[("n", b"%d" % number)], timestamp_ms=timestamp_ms)])
        service.wait_until_ready()
        ours.wait_until_worked_through()
        assert service.stop() == 0
    return ours


@pytest.mark.timeout(240)
def test_events_with_any_time_are_labelled_or_dead_once(odd_times: World) -> None:
    numbers = [int(last_header(record, "n")) for record in odd_times.kafka.read_all(odd_times.output)]
    letters = [int(last_header(record, "n")) for record in odd_times.kafka.read_all(odd_times.dead)]
    assert sorted(numbers) == [n for n in range(20) if n % 5 != 4]
    assert sorted(letters) == [n for n in range(20) if n % 5 == 4]


def test_a_time_that_the_topic_takes_is_kept_and_another_is_that_of_publication(odd_times: World) -> None:
    now_ms = time.time() * 1000
    for record in odd_times.kafka.read_all(odd_times.output):
        number, timestamp_ms = int(last_header(record, "n")), record.timestamp()[1]
        behind_ms = now_ms - timestamp_ms
        if number % 5 == 0:
            assert behind_ms > HOUR_MS
        else:
            assert -1_000 < behind_ms < HOUR_MS / 2


@pytest.mark.timeout(180)
def test_control_records_of_a_transactional_producer_leave_no_lag(kafka: KafkaServer, tmp_path: Path) -> None:
    ours = world(kafka, tmp_path, "control")
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": "control"})
    producer.init_transactions(30)
    with ours.start() as service:
        for number in range(3):
            producer.begin_transaction()
            producer.produce(ours.input, EVENT % number, partition=0)
            producer.commit_transaction(30)
        ours.wait_until_published(3)
        wait_until(lambda: ours.committed() == ours.ends(), "the control records are committed too")
        assert ours.ends()[0] == 6
        assert service.stop() == 0


@pytest.mark.timeout(180)
def test_records_lost_to_retention_are_counted_and_said(kafka: KafkaServer, tmp_path: Path) -> None:
    ours = world(kafka, tmp_path, "retention")
    ours.publish(Raw(EVENT % number, partition=0) for number in range(10))
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": ours.name})
    consumer.commit(offsets=[TopicPartition(ours.input, 0, 4)], asynchronous=False)
    consumer.close()
    admin, before = kafka.admin(), TopicPartition(ours.input, 0, 7)
    admin.delete_records([before])[before].result(30)
    with ours.start() as service:
        service.wait_until_ready()
        ours.wait_until_worked_through()
        service.wait_until_total("logsluice_events_labelled_total", 3)
        assert service.total("logsluice_events_lost_total") == 3
        (entry,) = service.logged(
            "records were deleted by retention before they were consumed: keep them longer, or consume faster"
        )
        assert (entry["partition"], entry["records"]) == (f"{ours.input}-0", 3)


@pytest.mark.timeout(180)
def test_a_static_member_that_is_fenced_ends_with_a_sentence(kafka: KafkaServer, tmp_path: Path) -> None:
    ours = world(kafka, tmp_path, "static", LOGSLUICE_KAFKA='{"group.instance.id": "one"}')
    with ours.start() as service:
        service.wait_until_ready()
        twin = Consumer(
            {
                "bootstrap.servers": kafka.bootstrap_servers,
                "group.id": ours.name,
                "group.instance.id": "one",
                "partition.assignment.strategy": "cooperative-sticky",
            }
        )
        twin.subscribe([ours.input])
        wait_until(lambda: (twin.poll(0.2), service.has_ended)[1], "the service ends", 60)
        assert service.wait() == EXIT_BROKER
        assert "group.instance.id" in service.output.splitlines()[-1]
        twin.close()


@pytest.mark.timeout(180)
def test_events_older_than_their_topic_keeps_are_labelled_counted_and_said(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    ours = world(kafka, tmp_path, "expired")
    kafka.set_topic_config(ours.output, {"retention.ms": str(HOUR_MS)})
    old_ms = int(time.time() * 1000) - 2 * HOUR_MS
    ours.publish(
        [Raw(EVENT % 1, timestamp_ms=old_ms), Raw(EVENT % 2), Raw(b'{"log_message": ', timestamp_ms=old_ms)]
    )
    with ours.start() as service:
        service.wait_until_ready().wait_until_total("logsluice_events_labelled_total", 2)
        ours.wait_until_worked_through()
        assert service.total("logsluice_events_expired_total") == 1
        assert "raise its retention.ms" in service.output
        (letter,) = ours.kafka.read_all(ours.dead)
        assert letter.timestamp()[1] > old_ms + HOUR_MS
