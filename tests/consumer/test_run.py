"""The main job on a real Kafka: half a million events, a hundred of them poisoned, and nothing lost or doubled."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Message

from consumer.sample import sample_events
from pipeline.bundle import default_bundle, read_bundle
from tests.consumer.raw_records import POISON, Raw, publish
from tests.consumer.service_process import ServiceProcess
from tests.deploy.processes import settings
from tests.kafka_server import KafkaServer, wait_until

EVENTS = 500_000
POISONED = 100
CATCH_UP_S = 240.0

REASONS = list(POISON)


class Run:
    """What went in, and the service that has worked through it."""

    def __init__(self, kafka: KafkaServer, directory: Path) -> None:
        self.kafka = kafka
        self.environment = settings(kafka, "main-job")
        self.input, self.output, self.dead = (
            self.environment[f"LOGSLUICE_{kind}_TOPIC"] for kind in ("INPUT", "OUTPUT", "DEAD_LETTER")
        )
        kafka.create_topics(self.input, self.dead, config={"max.message.bytes": str(8 << 20)})
        kafka.create_topics(self.output)  # takes records of 1 MB
        self.service = ServiceProcess(directory, self.environment)
        self.started_ms = int(time.time() * 1000) - EVENTS
        self.values: list[bytes | None] = list(islice(sample_events(seed=5), EVENTS))
        self.reasons = {
            number: REASONS[place % len(REASONS)]
            for place, number in enumerate(range(EVENTS // POISONED - 1, EVENTS, EVENTS // POISONED))
        }
        for number, reason in self.reasons.items():
            self.values[number] = POISON[reason]
        publish(kafka, self.input, map(self.raw, range(EVENTS)))

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
        # Offsets are committed last, after everything is published.
        wait_until(
            lambda: kafka.committed("main-job", run.input) == kafka.end_offsets(run.input),
            "all offsets committed",
        )
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
        raw, sent = run.raw(number), run.values[number]
        labelled = decode(record.value())
        classification = labelled.pop("classification")
        assert isinstance(classification, dict)
        assert labelled == decode(sent)
        assert record.value().startswith(sent[:-1])
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
    letters = list(run.kafka.read_all(run.dead))
    assert {number_of(letter): reason_of(letter) for letter in letters} == run.reasons
    assert len(letters) == POISONED
    for letter in letters:
        raw = run.raw(number_of(letter))
        assert (letter.value(), letter.key(), letter.timestamp()[1]) == (raw.value, raw.key, raw.timestamp_ms)
        assert (letter.headers() or [])[:2] == raw.headers


def test_what_is_counted_adds_up(run: Run) -> None:
    dead = Counter(run.reasons.values())
    series = run.service.series
    assert series("logsluice_events_consumed_total") == {("fast",): EVENTS}
    assert series("logsluice_dead_letters_total") == {(reason,): count for reason, count in dead.items()}
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
    messages = {json.loads(value or b"")["log_message"] for value in run.values[:2_000]}
    output = run.service.output
    assert "partitions assigned" in output
    assert not [message for message in messages if len(message) > 20 and message in output]


def number_of(record: Message) -> int:
    """Return the number that the sender gave a record."""
    return int((record.headers() or [])[0][1])


def reason_of(letter: Message) -> str:
    """Return why a record was dead-lettered."""
    return next(value.decode() for name, value in letter.headers() or [] if name == "reason")
