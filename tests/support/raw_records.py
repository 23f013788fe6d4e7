"""Raw records for the input topics, and the honest oddities that a real stream has among them."""

import base64
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from consumer.records.reasons import Reason
from tests.support.kafka_server import KafkaServer

LINE_BYTES = 5 << 20


class Raw(NamedTuple):
    """A record as a shipper writes it. ``timestamp_ms`` 0 leaves the time to the client, partition -1 the place."""

    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes | None]] = []  # noqa: RUF012 - never changed
    timestamp_ms: int = 0
    partition: int = -1


def publish(server: KafkaServer, topic: str, records: Iterable[Raw]) -> None:
    """Write records to a topic, and return when the broker has acknowledged all of them."""
    try:
        _publish(server, topic, records)
    except BaseException:
        server.drop_producer()  # or the next test would publish what waits in it
        raise


def _publish(server: KafkaServer, topic: str, records: Iterable[Raw]) -> None:
    failed: list[object] = []
    producer = server.producer()
    producer.list_topics(topic, timeout=15)  # it may have more partitions by now
    for record in records:
        while True:
            try:
                producer.produce(
                    topic,
                    record.value,
                    record.key,
                    headers=[*record.headers],
                    timestamp=record.timestamp_ms,
                    partition=record.partition,
                    on_delivery=lambda error, _: failed.append(error),
                )
            except BufferError:
                producer.poll(0.1)
            else:
                break
    assert producer.flush(60) == 0
    assert not failed, failed[0]


def noise(size: int, seed: int = 1) -> str:
    """Return text that no compression makes small."""
    return base64.b64encode(Random(seed).randbytes(size * 3 // 4)).decode()


POISON: dict[Reason, bytes | None] = {
    "tombstone": None,
    "empty": b"",
    "not_utf8": b'{"source":"a","log_message":"\xff\xfe broken"}',
    "not_json": b'{"source":"a","log_message":"cut off',
    "not_an_object": b'["source","log_message"]',
    "no_message": b'{"source":"a","note":"under another name"}',
    "message_not_a_string": b'{"source":"a","log_message":["a","list"]}',
    "too_large": b'{"source":"a","log_message":"%b"}' % noise(1_200_000).encode(),
}
"""One record for each reason to dead-letter it; the last one for an output topic that takes 1 MB."""
