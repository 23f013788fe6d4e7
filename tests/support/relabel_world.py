"""A world with history for `logsluice relabel`: raw events a second apart, those labelled that were to be."""

import json
import shutil
import time
from collections import Counter
from pathlib import Path

from tests.support.changed_bundle import LINE, with_rule
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw
from tests.support.small_bundle import ROWS

SECOND_MS = 1_000
START_MS = (int(time.time()) - 7_200) * SECOND_MS
PARTITIONS = 3
_LINES = [LINE, *(message for messages in ROWS.values() for message in messages)]


def raw_event(number: int, line: str = "") -> Raw:
    """Return the n-th event: n seconds after the start, in a partition by turns."""
    text = line or f"{_LINES[number % len(_LINES)]} {number}"
    value = json.dumps({"source": f"app-{number % 2}", "log_message": text}).encode()
    return Raw(value, timestamp_ms=START_MS + number * SECOND_MS, partition=number % PARTITIONS)


def three_in_one(number: int) -> Raw:
    """Return a record with three events, as CloudWatch writes it."""
    events = [{"id": str(n), "timestamp": START_MS, "message": f"{LINE} {number} {n}"} for n in range(3)]
    names = {"messageType": "DATA_MESSAGE", "owner": "1", "subscriptionFilters": []}
    value = json.dumps(names | {"logGroup": "g", "logStream": "s", "logEvents": events}).encode()
    return raw_event(number)._replace(value=value)


def undecodable(number: int) -> Raw:
    """Return a record that nobody can decode."""
    return raw_event(number)._replace(value=b'{"source":')


def time_of(number: int) -> str:
    """Return the time of the n-th event, as the command line takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(START_MS // SECOND_MS + number))


def changed(small: Path, directory: Path, label: str) -> Path:
    """Return a copy of the small bundle in which a rule takes one in sixteen of the events."""
    copy = directory / f"changed-{label.replace(' ', '-')}"
    shutil.copytree(small, copy)
    with_rule(copy, label)
    return copy


def labels_in(kafka: KafkaServer, topic: str) -> dict[str, str]:
    """Return the label of each event in a topic, by its id; each must be there once.

    An independent count: the classification in the value is looked at, not the headers.
    """
    said = [json.loads(record.value() or b"")["classification"] for record in kafka.read_all(topic)]
    ids = Counter(each["event_id"] for each in said)
    assert set(ids.values()) <= {1}, ids.most_common(3)
    return {each["event_id"]: each["label"] for each in said}
