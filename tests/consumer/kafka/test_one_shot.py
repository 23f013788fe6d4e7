"""Publishing a handful of records for a command: all acknowledged, each refusal named, and never without end."""

import time

import pytest

from consumer.errors import BrokerError
from consumer.kafka.one_shot import publish_all
from consumer.records.outgoing import OutgoingRecord
from consumer.settings import Settings
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.raw_records import noise


def record(topic: str, value: bytes | None) -> OutgoingRecord:
    return OutgoingRecord(topic, value, b"k", [("h", None)], 0)


def test_every_record_is_there_when_it_returns(kafka: KafkaServer) -> None:
    kafka.create_topics("one-shot.all", partitions=2)
    settings = Settings(bootstrap_servers=kafka.bootstrap_servers)
    values = [*(str(number).encode() for number in range(500)), None, b""]
    assert publish_all(settings, [record("one-shot.all", value) for value in values], 30) == []
    found = [message.value() for message in kafka.read_all("one-shot.all")]
    assert sorted(found, key=repr) == sorted(values, key=repr)


def test_only_the_record_that_is_too_large_is_refused(kafka: KafkaServer) -> None:
    kafka.create_topics("one-shot.small", partitions=1, config={"max.message.bytes": "10000"})
    settings = Settings(bootstrap_servers=kafka.bootstrap_servers)
    large = record("one-shot.small", noise(50_000).encode())
    records = [record("one-shot.small", b"1"), large, record("one-shot.small", b"2")]
    (refused,) = publish_all(settings, records, 30)
    assert refused.record is large
    assert "size" in refused.why.lower()
    assert [message.value() for message in kafka.read_all("one-shot.small")] == [b"1", b"2"]


def test_a_broker_that_is_away_is_given_up_at_the_deadline() -> None:
    settings = Settings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    began = time.monotonic()
    with pytest.raises(BrokerError, match="has not acknowledged 1 record in time"):
        publish_all(settings, [record("nowhere", b"1")], 1.0)
    assert time.monotonic() - began < 10
