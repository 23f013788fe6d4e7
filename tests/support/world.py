"""Topics and a consumer group of their own on a shared broker: all that a test needs to run one service."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from consumer.records.incoming import last_header
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish
from tests.support.service_process import ServiceProcess, committed, wait_until_worked_through

TOPICS = {
    "INPUT": "raw",
    "OUTPUT": "labelled",
    "PENDING": "pending",
    "VERDICTS": "verdicts",
    "DEAD_LETTER": "dead",
}
"""The setting of each topic, ``LOGSLUICE_<kind>_TOPIC``, and what the topic's name ends with."""


def settings(kafka: KafkaServer, name: str) -> dict[str, str]:
    """Return the environment of a logsluice with topics and a group of its own on a shared broker."""
    return {
        "LOGSLUICE_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "LOGSLUICE_GROUP_ID": name,
        **{f"LOGSLUICE_{kind}_TOPIC": f"{name}.{topic}" for kind, topic in TOPICS.items()},
    }


class World:
    """The five topics, and the settings with which a service finds them. ``name`` is also the consumer group."""

    def __init__(
        self,
        kafka: KafkaServer,
        directory: Path,
        name: str,
        environment: Mapping[str, str] | None = None,
        *,
        bundle: Path | None = None,
        max_record_bytes: Mapping[str, int] | None = None,
        partitions: int = 4,
    ) -> None:
        """Make the topics.

        ``directory`` takes what the services print. ``environment`` is added to the settings. Without a ``bundle``
        the services use the built-in one. ``max_record_bytes`` maps a kind of `TOPICS` to the largest record that
        its topic takes, 1 MiB where it is not named.
        """
        self.kafka, self.directory, self.name = kafka, directory, name
        self.environment = settings(kafka, name) | dict(environment or {})
        if bundle is not None:
            self.environment["LOGSLUICE_BUNDLE"] = str(bundle)
        self.input, self.output, self.pending, self.verdicts, self.dead = (
            self.environment[f"LOGSLUICE_{kind}_TOPIC"] for kind in TOPICS
        )
        topics = {kind: self.environment[f"LOGSLUICE_{kind}_TOPIC"] for kind in TOPICS}
        limits = {topics[kind]: limit for kind, limit in (max_record_bytes or {}).items()}
        kafka.create_topics(*topics.values(), partitions=partitions, max_bytes=limits)

    def start(self, **changed: str) -> ServiceProcess:
        """Start a service of the group, with settings changed; their names come without ``LOGSLUICE_``.

        Who calls ends it, or runs it as a context.
        """
        more = {f"LOGSLUICE_{name}": value for name, value in changed.items()}
        return ServiceProcess(self.directory, self.environment | more)

    def publish(self, records: Iterable[Raw | bytes]) -> None:
        """Write records to the input topic, and return when the broker has acknowledged all of them."""
        whole = (record if isinstance(record, Raw) else Raw(record) for record in records)
        publish(self.kafka, self.input, whole)

    def ends(self) -> dict[int, int]:
        """Return how many records each partition of the input topic holds."""
        return self.kafka.end_offsets(self.input)

    def committed(self) -> dict[int, int]:
        """Return how many records of each partition are committed."""
        return committed(self.kafka, self.name, self.input)

    def wait_until_worked_through(self, timeout_s: float = 90.0) -> None:
        """Return when all that was published is committed."""
        wait_until_worked_through(self.kafka, self.name, self.input, timeout_s)

    def wait_until_published(self, count: int, timeout_s: float = 90.0) -> None:
        """Return when the output topic holds so many records."""
        wait_until(
            lambda: sum(self.kafka.end_offsets(self.output).values()) >= count,
            f"{count} events of {self.input} are labelled",
            timeout_s,
        )

    def labelled(self) -> list[dict[str, Any]]:
        """Return the labelled events."""
        return [msgspec.json.decode(record.value() or b"") for record in self.kafka.read_all(self.output)]

    def labelled_ids(self) -> Counter[str]:
        """Return how often each event id is in the output topic."""
        return Counter(
            last_header(record, "event_id").decode() for record in self.kafka.read_all(self.output)
        )

    def ids(self, upto: dict[int, int]) -> Counter[str]:
        """Return the ids of the events before an offset of each partition, once each."""
        return Counter(f"{self.input}-{p}-{offset}" for p, end in upto.items() for offset in range(end))
