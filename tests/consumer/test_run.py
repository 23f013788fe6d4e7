"""The main job on a real Kafka: a long stream, a hundred of its events poisoned, and nothing lost or doubled.

`make test-all` makes the stream five times as long; ``EVENTS=500000`` in the environment, of any length.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Message

from consumer.records.incoming import headers_of, last_header
from pipeline.bundle import default_bundle, read_bundle
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.long_scenarios import scaled
from tests.support.raw_records import POISON, Raw
from tests.support.service_process import PATIENT_GROUP
from tests.support.world import World
from training.sample import sample_events

EVENTS = int(os.environ.get("EVENTS", scaled(150_000)))
POISONED = 100
TEMPLATES = 30
LINES = 5_000
"""Different log lines in the stream; each comes again and again, with a member that is its own."""
CATCH_UP_S = 240.0

REASONS = list(POISON)


class Run(World):
    """What went in, and the service that has worked through it."""

    def __init__(self, kafka: KafkaServer, directory: Path) -> None:
        whole = {"INPUT": 8 << 20, "DEAD_LETTER": 8 << 20}
        super().__init__(kafka, directory, "main-job", PATIENT_GROUP, max_record_bytes=whole)
        self.service = self.start()
        self.started_ms = int(time.time() * 1000) - EVENTS
        lines = [event[:-1] for event in islice(sample_events(TEMPLATES, seed=5), LINES)]
        self.values: list[bytes | None] = [
            b'%b,"number":%d}' % (lines[number % LINES], number) for number in range(EVENTS)
        ]
        self.reasons = {
            number: REASONS[place % len(REASONS)]
            for place, number in enumerate(range(EVENTS // POISONED - 1, EVENTS, EVENTS // POISONED))
        }
        for number, reason in self.reasons.items():
            self.values[number] = POISON[reason]
        self.publish(map(self.raw, range(EVENTS)))

    def raw(self, number: int) -> Raw:
        """Return a record; every eighth has no key."""
        key = None if number % 8 == 0 else b"key-%d" % (number % 1_000)
        headers: list[tuple[str, bytes | None]] = [("number", b"%d" % number), ("nothing", None)]
        return Raw(self.values[number], key, headers, self.started_ms + number)


@pytest.fixture(scope="module")
def run(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The stream, consumed to its end; the service goes on running."""
    run = Run(kafka, tmp_path_factory.mktemp("main-job"))
    with run.service as service:
        service.wait_until_ready()
        service.wait_until_total("logsluice_events_consumed_total", EVENTS, CATCH_UP_S)
        run.wait_until_worked_through()
        # A batch is counted once it is committed.
        service.wait_until_total("logsluice_event_age_seconds_count", EVENTS - POISONED)
        service.wait_until_total("logsluice_dead_letters_total", POISONED)
        yield run


@pytest.mark.timeout(400)
def test_every_event_is_labelled_once_with_all_that_its_sender_wrote(run: Run) -> None:
    places = {
        f"{m.topic()}-{m.partition()}-{m.offset()}": number_of(m) for m in run.kafka.read_all(run.input)
    }
    bundle = read_bundle(default_bundle())
    decode = msgspec.json.Decoder(dict[str, object]).decode
    seen = bytearray(EVENTS)
    tally: Counter[tuple[str, str]] = Counter()
    for record in run.kafka.read_all(run.output):
        number = number_of(record)
        seen[number] += 1
        raw, sent = run.raw(number), run.values[number] or b""
        labelled = decode(record.value() or b"")
        classification = labelled.pop("classification")
        assert isinstance(classification, dict)
        assert labelled == decode(sent)
        assert (record.value() or b"").startswith(sent[:-1])
        assert record.key() == raw.key
        assert record.timestamp() == (1, raw.timestamp_ms)
        label, tier, event_id = (classification[name] for name in ("label", "tier", "event_id"))
        ours = [("label", label.encode()), ("tier", tier.encode()), ("event_id", event_id.encode())]
        assert record.headers() == raw.headers + ours
        assert places[event_id] == number
        assert classification["bundle"] == bundle.version
        assert label in bundle.labels
        tally[label, tier] += 1
    assert seen.count(1) == EVENTS - POISONED
    assert {number for number, count in enumerate(seen) if count != 1} == set(run.reasons)
    assert not any(seen[number] for number in run.reasons)
    counted = run.service.series("logsluice_events_labelled_total")
    assert {(label, tier): count for (label, _, tier), count in counted.items() if count} == tally


def test_every_poisoned_event_is_a_dead_letter_as_it_was(run: Run) -> None:
    places = {number_of(m): m for m in run.kafka.read_all(run.input) if number_of(m) in run.reasons}
    letters = list(run.kafka.read_all(run.dead))
    assert {number_of(letter): reason_of(letter) for letter in letters} == run.reasons
    assert len(letters) == POISONED
    for letter in letters:
        raw, place = run.raw(number_of(letter)), places[number_of(letter)]
        assert (letter.value(), letter.key()) == (raw.value, raw.key)
        assert letter.timestamp()[1] > raw.timestamp_ms, "a letter has the time of its publication"
        assert letter.headers() == [
            *raw.headers,
            ("reason", reason_of(letter).encode()),
            ("topic", run.input.encode()),
            ("partition", str(place.partition()).encode()),
            ("offset", str(place.offset()).encode()),
            ("time", b"%d" % raw.timestamp_ms),
        ]


def test_what_is_counted_adds_up(run: Run) -> None:
    dead = run.service.series("logsluice_dead_letters_total")
    assert run.service.series("logsluice_events_consumed_total") == {("fast",): EVENTS, ("slow",): 0}
    assert {reason: count for (reason,), count in dead.items() if count} == Counter(run.reasons.values())
    assert run.service.total("logsluice_events_labelled_total") == EVENTS - POISONED
    assert run.service.total("logsluice_event_age_seconds_count") == EVENTS - POISONED
    assert run.service.total("logsluice_events_pending_total") == 0


def test_nothing_is_left_behind(run: Run) -> None:
    def lags() -> dict[tuple[str, ...], float]:
        return run.service.series("logsluice_consumer_lag")

    wait_until(lambda: set(lags().values()) == {0}, "no lag", 10)
    assert set(lags()) == {("fast", str(partition), run.input) for partition in range(4)}
    assert sum(run.kafka.end_offsets(run.input).values()) == EVENTS


def test_no_message_is_in_the_logs_of_the_service(run: Run) -> None:
    decode = msgspec.json.Decoder(dict[str, object]).decode
    healthy = (value for number, value in enumerate(run.values) if number not in run.reasons)
    messages = {str(decode(value or b"")["log_message"]) for value in healthy}
    output = run.service.output
    assert "partitions assigned" in output
    assert not [message for message in messages if len(message) > 20 and message in output]
    for value in POISON.values():
        assert not value or value[-20:].decode("latin-1") not in output


def number_of(record: Message) -> int:
    """Return the number that the sender gave a record."""
    return int((headers_of(record) or [])[0][1] or 0)


def reason_of(letter: Message) -> str:
    """Return why a record was dead-lettered."""
    return last_header(letter, "reason").decode()
