"""What became of every event, by a reader of the topics that knows nothing of the service but its record formats."""

from collections import Counter

import msgspec
from confluent_kafka import Message

from consumer.records.incoming import headers_of
from tests.support.kafka_server import KafkaServer


class Topics(msgspec.Struct, frozen=True):
    """The topics of one scenario."""

    input: str
    output: str
    pending: str
    dead: str


class Account(msgspec.Struct, frozen=True):
    """Where the events are, each counted once; ``pending`` are those that only wait.

    ``duplicated`` counts the copies beyond the first, ``invented`` the outcomes of events that nobody sent, and
    ``out_of_order`` the labelled events that come behind a later one of the same key.
    """

    events: int
    labelled: int
    pending: int
    dead: int
    missing: int
    duplicated: int
    invented: int
    out_of_order: int


def account(kafka: KafkaServer, topics: Topics) -> Account:
    """Read every topic from start to end with ``read_committed``, and compare by event id."""
    sent = {_place(record) for record in kafka.read_all(topics.input)}
    labelled: Counter[str] = Counter()
    latest: dict[tuple[bytes, str], int] = {}
    out_of_order = 0
    for record in kafka.read_all(topics.output):
        name = _header(record, "event_id")
        labelled[name] += 1
        key = record.key()
        if key is None or labelled[name] > 1:
            continue
        partition, _, offset = name.rpartition("-")
        if int(offset) < latest.get((key, partition), -1):
            out_of_order += 1
        else:
            latest[key, partition] = int(offset)
    dead = Counter(
        "-".join(_header(record, part) for part in ("topic", "partition", "offset"))
        for record in kafka.read_all(topics.dead)
    )
    outcomes = labelled + dead
    waiting = {
        msgspec.json.decode(_header(record, "logsluice_pending"))["event_id"]
        for record in kafka.read_all(topics.pending)
    } - outcomes.keys()
    return Account(
        events=len(sent),
        labelled=len(labelled),
        pending=len(waiting),
        dead=len(dead),
        missing=len(sent - outcomes.keys() - waiting),
        duplicated=outcomes.total() - len(outcomes),
        invented=len((outcomes.keys() | waiting) - sent),
        out_of_order=out_of_order,
    )


def _place(record: Message) -> str:
    return f"{record.topic()}-{record.partition()}-{record.offset()}"


def _header(record: Message, name: str) -> str:
    """Return the last header of a name: a sender may have headers of the same name, and ours come behind."""
    values = [value for each, value in headers_of(record) or [] if each == name]
    return (values[-1] or b"").decode()
