"""That a test which fails while it publishes leaves nothing behind that the next would publish."""

from collections.abc import Iterator

import pytest

from tests.support.kafka_clients import KeptClients
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.raw_records import Raw, publish


def test_a_producer_that_is_dropped_has_nothing_left_to_send() -> None:
    kept = KeptClients(f"127.0.0.1:{free_port()}")
    producer = kept.producer()
    producer.produce("nowhere", b"left over")
    assert kept.producer() is producer
    kept.drop_producer()
    assert producer.flush(5) == 0
    assert kept.producer() is not producer


def test_records_that_cannot_be_made_cost_the_producer(kafka: KafkaServer) -> None:
    kafka.create_topics("publishing.raw", partitions=1)

    def records() -> Iterator[Raw]:
        yield Raw(b"before")
        raise LookupError

    producer = kafka.producer()
    with pytest.raises(LookupError):
        publish(kafka, "publishing.raw", records())
    assert kafka.producer() is not producer
    publish(kafka, "publishing.raw", [Raw(b"after")])
    assert [*kafka.read_all("publishing.raw")][-1].value() == b"after"
