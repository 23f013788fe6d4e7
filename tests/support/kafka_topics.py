"""What `tests.support.kafka_server.KafkaServer` makes topics with, and writes to them with."""

from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec


def new_topics(
    names: Iterable[str],
    partitions: int,
    config: Mapping[str, str] | None,
    max_bytes: Mapping[str, int] | None,
) -> list[NewTopic]:
    """Describe topics. Those of verdicts are compacted; ``max_bytes`` are limits of single ones."""
    limits = {name: {"max.message.bytes": str(limit)} for name, limit in (max_bytes or {}).items()}
    return [
        NewTopic(
            name,
            partitions,
            1,
            config={
                **({"cleanup.policy": "compact"} if name.endswith("verdicts") else {}),
                **limits.get(name, {}),
                **(config or {}),
            },
        )
        for name in names
    ]


def are_led(admin: AdminClient, places: Iterable[TopicPartition]) -> bool:
    """Return whether each of these partitions has a leader, which says where it ends."""
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    try:
        for future in admin.list_offsets(dict.fromkeys(places, latest), request_timeout=15).values():
            future.result(15)
    except KafkaException:
        return False
    return True


def new_producer(bootstrap_servers: str) -> Producer:
    """Return a producer that loses, doubles and reorders nothing."""
    return Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "message.max.bytes": 16 << 20,
            "delivery.report.only.error": True,
            "log_level": 0,
        }
    )
