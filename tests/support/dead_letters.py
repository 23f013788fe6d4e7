"""Dead letters in a real Kafka, as the service writes them, and reading what `logsluice dead` lists."""

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Message, Producer

from consumer.records.dead_letter import cut, dead_letter
from consumer.records.reasons import Reason
from tests.conftest import Command
from tests.deploy.processes import settings
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw

HOUR_MS = 3_600_000
NOW_MS = int(time.time() * 1000)
BROKEN = b'{"source":"app","log_message":"cut off'
PAID = b'{"source":"billing","log_message":"invoice 17 paid"}'
REFUSED = b'{"source":"billing","log_message":"invoice 18 refused"}'
BYTES = bytes(range(256))


class DeadLetterTopic:
    """Two input topics and a dead-letter topic, and letters in it as the service writes them."""

    def __init__(self, kafka: KafkaServer, name: str) -> None:
        self.kafka = kafka
        self.raw, self.other, self.dead = f"{name}.raw", f"{name}.other", f"{name}.dead"
        kafka.create_topics(self.raw, self.other, self.dead, partitions=1)
        self.environment = settings(kafka, name) | {
            "LOGSLUICE_INPUT_TOPIC": f"{self.raw},{self.other}",
            "LOGSLUICE_DEAD_LETTER_TOPIC": self.dead,
        }
        self._producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})

    def publish(self, topic: str, records: Sequence[Raw]) -> list[Message]:
        """Write records, and return them as they are read."""
        before = sum(self.kafka.end_offsets(topic).values())
        for record in records:
            value, key, headers, timestamp_ms, _ = record
            self._producer.produce(topic, value, key, headers=[*headers], timestamp=timestamp_ms)
        assert self._producer.flush(30) == 0
        return self.read(topic)[before:]

    def add_letters(
        self,
        messages: Iterable[Message],
        reason: Reason,
        error: str = "",
        whole: bool = True,
        died_ms: int = 0,
    ) -> list[Message]:
        """Write the dead letters of records, at a time, and return them as they are read."""
        letters = [dead_letter(self.dead, message, reason, error) for message in messages]
        letters = letters if whole else [cut(letter) for letter in letters]
        return self.publish(self.dead, [Raw(x.value, x.key, list(x.headers), died_ms) for x in letters])

    def add_letter_of(
        self, topic: str, record: Raw, reason: Reason, error: str = "", died_ms: int = 0
    ) -> Message:
        """Write a record to an input topic and its dead letter to the other; return the record."""
        (message,) = self.publish(topic, [record])
        self.add_letters([message], reason, error, died_ms=died_ms)
        return message

    def read(self, topic: str) -> list[Message]:
        return list(self.kafka.read_all(topic))

    def with_four(self) -> "DeadLetterTopic":
        """Add letters of four reasons, two topics, two sources and four hours; and a record that is no letter."""
        ages = [NOW_MS - hours * HOUR_MS for hours in (4, 3, 2, 1)]
        self.add_letter_of(self.raw, Raw(BROKEN), "not_json", died_ms=ages[0])
        self.add_letter_of(self.raw, Raw(PAID), "failed", "ValueError: boom", ages[1])
        self.add_letter_of(self.other, Raw(REFUSED), "too_large", died_ms=ages[2])
        self.add_letter_of(self.other, Raw(None, b"k"), "tombstone", died_ms=ages[3])
        self.publish(self.dead, [Raw(b"no letter", headers=[("topic", self.raw.encode())])])
        return self


def listed(command: Command, *arguments: str) -> list[dict[str, Any]]:
    """Return what `logsluice dead` lists."""
    result = command("dead", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def hours_ago(hours: float) -> str:
    """Return a time as a person may write it."""
    return (datetime.fromtimestamp(NOW_MS / 1000, UTC) - timedelta(hours=hours)).isoformat()
