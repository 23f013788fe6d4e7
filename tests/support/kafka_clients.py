"""The clients of `tests.support.kafka_server.KafkaServer`, and what it makes topics with."""

from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

_MOST_WATCHERS = 3


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


def new_reader(bootstrap_servers: str, group: str, isolation: str = "read_committed") -> Consumer:
    """Return an independent reader, which sees what is committed alone."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "fetch.message.max.bytes": 16 << 20,
            "log_level": 0,
        }
    )


class KeptClients:
    """Clients that stay as long as their broker runs: a new producer takes half a second, and tests ask often."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._producer: Producer | None = None
        self._readers: dict[tuple[str, str], Consumer] = {}

    def producer(self) -> Producer:
        """Return a producer that loses, doubles and reorders nothing."""
        if self._producer is None:
            self._producer = Producer(
                {
                    "bootstrap.servers": self._bootstrap_servers,
                    "acks": "all",
                    "enable.idempotence": True,
                    "compression.type": "lz4",
                    "linger.ms": 20,
                    "message.max.bytes": 16 << 20,
                    "delivery.report.only.error": True,
                    "log_level": 0,
                }
            )
        return self._producer

    def drop_producer(self) -> None:
        """Let go of the producer, and of what waits in it: somebody may hold it still."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def watcher(self, group: str, isolation: str = "read_committed") -> Consumer:
        """Return a client that asks for offsets and reads nothing. Those of the groups asked for last are kept."""
        key = (group, isolation)
        if key not in self._readers:
            if len(self._readers) == _MOST_WATCHERS:
                self._readers.pop(next(iter(self._readers))).close()
            self._readers[key] = new_reader(self._bootstrap_servers, group, isolation)
        self._readers[key] = self._readers.pop(key)  # the last one asked for is the last to go
        return self._readers[key]

    def close(self) -> None:
        """Let go of all of them."""
        self.drop_producer()
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
