"""A transaction on a real Kafka whose client does not answer any more."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event
from typing import Any

import pytest
from confluent_kafka import Message, TopicPartition

from consumer.kafka import exactly_once
from consumer.kafka.clients import make_consumer
from consumer.kafka.exactly_once import ExactlyOncePublisher
from consumer.kafka.offsets import Offsets, offsets_behind
from consumer.kafka.patience import Patience
from consumer.records.incoming import event_id, last_header
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.settings import Settings
from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish
from tests.support.service_process import committed
from training.sample import sample_events

NAME = "stuck"
INPUT, OUTPUT = f"{NAME}.raw", f"{NAME}.labelled"
EVENTS = 50


class Stuck:
    """A producer as librdkafka has it while the group's coordinator is away: sending offsets does not end."""

    def __init__(self, producer: Any, end: Event) -> None:
        self._producer = producer
        self._end = end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def send_offsets_to_transaction(self, *_: object) -> None:
        self._end.wait()


def test_offsets_that_are_never_answered_are_given_up_and_the_transaction_is_made_again(
    kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics(INPUT, OUTPUT)
    publish(kafka, INPUT, (Raw(event, partition=0) for event in islice(sample_events(), EVENTS)))
    settings = Settings.model_validate({"bootstrap_servers": kafka.bootstrap_servers})
    health, end = Health(), Event()
    patience = Patience(health, "publish", lambda: False)
    publisher = ExactlyOncePublisher(settings, patience, Metrics(("Error",)), "fast", NAME)
    consumer = make_consumer(settings, NAME, lambda _: None, NAME)
    consumer.assign([TopicPartition(INPUT, 0)])
    batch: list[Message] = []
    while len(batch) < EVENTS:
        batch += consumer.consume(EVENTS, 5.0)
    rows = [
        Row(OutgoingRecord(OUTPUT, m.value(), None, [("event_id", event_id(m).encode())], 0), m)
        for m in batch
    ]
    offsets = Offsets(consumer, offsets_behind(batch), consumer.consumer_group_metadata())
    publisher.open()
    sender = publisher._sender
    monkeypatch.setattr(sender, "producer", Stuck(sender.producer, end))
    monkeypatch.setattr(exactly_once, "COORDINATOR_PATIENCE_S", 1.0)
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publisher.publish, rows, offsets)
        wait_until(
            lambda: "coordinator" in health.unready_reasons().get("publish", ""), "it says what it waits for"
        )
        assert [*publishing.result(60)] == rows
    end.set()
    assert not health.unready_reasons()

    def published() -> list[str]:
        return sorted(last_header(record, "event_id").decode() for record in kafka.read_all(OUTPUT))

    # A transaction is committed before its marker is in every partition.
    wait_until(lambda: len(published()) >= EVENTS, "the transaction is seen in every partition")
    assert published() == sorted(map(event_id, batch))
    assert committed(kafka, NAME, INPUT)[0] == EVENTS
    consumer.close()
