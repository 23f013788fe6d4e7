"""`logsluice dead` and `logsluice replay` on dead letters in a real Kafka."""

import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from consumer.errors import EXIT_BROKER, EXIT_FAILED, EXIT_USAGE
from consumer.records.dead_letter import CUT_BYTES, Dead, cut, dead_letter
from consumer.records.decoding import Reason
from consumer.records.incoming import headers_of
from tests.conftest import Command
from tests.deploy.processes import settings
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.raw_records import Raw

HOUR_MS = 3_600_000
NOW_MS = int(time.time() * 1000)
BROKEN = b'{"source":"app","log_message":"cut off'
PAID = b'{"source":"billing","log_message":"invoice 17 paid"}'
REFUSED = b'{"source":"billing","log_message":"invoice 18 refused"}'
ESCAPES = b'{"source":"app","log_message":"\x1b[31mred\x07"}'
BYTES = bytes(range(256))


class Mail:
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

    def bury(
        self, messages: Iterable[Message], reason: Reason, error: str = "", whole: bool = True
    ) -> list[Message]:
        """Write the dead letters of records, and return them as they are read."""
        letters = [dead_letter(self.dead, Dead(message, reason, error)) for message in messages]
        letters = letters if whole else [cut(letter) for letter in letters]
        return self.publish(
            self.dead, [Raw(x.value, x.key, list(x.headers), x.timestamp_ms) for x in letters]
        )

    def send_and_bury(self, topic: str, record: Raw, reason: Reason, error: str = "") -> Message:
        """Write a record to an input topic and its dead letter to the other; return the record."""
        (message,) = self.publish(topic, [record])
        self.bury([message], reason, error)
        return message

    def read(self, topic: str) -> list[Message]:
        return list(self.kafka.read_all(topic))

    def with_four(self) -> "Mail":
        """Write letters of four reasons, two topics, two sources and four hours; and a record that is no letter."""
        self.send_and_bury(self.raw, Raw(BROKEN, timestamp_ms=NOW_MS - 4 * HOUR_MS), "not_json")
        self.send_and_bury(
            self.raw, Raw(PAID, timestamp_ms=NOW_MS - 3 * HOUR_MS), "failed", "ValueError: boom"
        )
        self.send_and_bury(self.other, Raw(REFUSED, timestamp_ms=NOW_MS - 2 * HOUR_MS), "too_large")
        self.send_and_bury(self.other, Raw(None, b"k", timestamp_ms=NOW_MS - HOUR_MS), "tombstone")
        self.publish(self.dead, [Raw(b"no letter", headers=[("topic", self.raw.encode())])])
        return self


@pytest.fixture(scope="module")
def four(kafka: KafkaServer) -> Mail:
    """Four letters that are only looked at."""
    return Mail(kafka, "letters-four").with_four()


@pytest.fixture
def mail(kafka: KafkaServer, request: pytest.FixtureRequest) -> Mail:
    """No letters yet."""
    name = re.sub(r"[^a-z0-9_]", "-", request.node.name)[:70]
    return Mail(kafka, f"letters-{name}")


@pytest.fixture
def command(request: pytest.FixtureRequest, logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line with the settings of the topics that the test has."""
    mail: Mail = request.getfixturevalue("mail" if "mail" in request.fixturenames else "four")
    for name, value in mail.environment.items():
        monkeypatch.setenv(name, value)
    return logsluice


def listed(command: Command, *arguments: str) -> list[dict[str, Any]]:
    result = command("dead", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_hours_ago(hours: float) -> str:
    return (datetime.fromtimestamp(NOW_MS / 1000, UTC) - timedelta(hours=hours)).isoformat()


def test_letters_are_listed_by_time_with_why_and_whence(four: Mail, command: Command) -> None:
    rows = listed(command)
    assert [row["reason"] for row in rows] == ["not_json", "failed", "too_large", "tombstone"]
    assert [row["event"] for row in rows] == [
        f"{four.raw}-0-0",
        f"{four.raw}-0-1",
        f"{four.other}-0-0",
        f"{four.other}-0-1",
    ]
    assert [row["error"] for row in rows] == ["", "ValueError: boom", "", ""]
    assert [row["value"] for row in rows] == [BROKEN.decode(), PAID.decode(), REFUSED.decode(), None]
    assert [row["replays"] for row in rows] == [0] * 4
    assert all(row["whole"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--reason", "failed"), ["failed"]),
        (("--reason", "failed", "--reason", "tombstone"), ["failed", "tombstone"]),
        (("--source", "billing"), ["failed", "too_large"]),
        (("--source", "nobody"), []),
        (("--since", of_hours_ago(2.5)), ["too_large", "tombstone"]),
        (("--until", of_hours_ago(2.5)), ["not_json", "failed"]),
        (("--since", of_hours_ago(3.5), "--until", of_hours_ago(1.5)), ["failed", "too_large"]),
        (("--since", "90m"), ["tombstone"]),
        (("--since", "1d"), ["not_json", "failed", "too_large", "tombstone"]),
        (("--source", "billing", "--reason", "failed"), ["failed"]),
        (("--limit", "1"), ["tombstone"]),
    ],
)
def test_letters_are_chosen(
    four: Mail, command: Command, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert [row["reason"] for row in listed(command, *arguments)] == expected


def test_letters_are_chosen_by_topic(four: Mail, command: Command) -> None:
    assert [row["reason"] for row in listed(command, "--topic", four.raw)] == ["not_json", "failed"]
    assert listed(command, "--topic", "elsewhere") == []


def test_a_person_reads_a_table_that_cannot_command_the_terminal(mail: Mail, command: Command) -> None:
    mail.send_and_bury(mail.raw, Raw(ESCAPES, headers=[("host", b"\x1b]0;x")]), "not_json", "\x1b[2J")
    table = command("dead")
    assert table.exit_code == 0
    assert "not_json" in table.stdout
    assert f"{mail.raw}-0-0 " in table.stdout
    assert "1 dead letter: 1 not_json" in table.stderr
    shown = command("dead", "show", f"{mail.raw}-0-0")
    assert shown.exit_code == 0
    assert "[31mred" in shown.stdout
    for text in (table.stdout, shown.stdout):
        assert "\x1b" not in text
        assert "\x07" not in text


def test_one_letter_is_shown_whole(four: Mail, command: Command) -> None:
    shown = command("dead", "show", f"{four.raw}-0-1")
    assert shown.exit_code == 0, shown.stderr
    assert "ValueError: boom" in shown.stdout
    assert f"{len(PAID)} bytes:\n{PAID.decode()}\n" in shown.stdout
    assert "a tombstone" in command("dead", "show", f"{four.other}-0-1").stdout
    missing = command("dead", "show", f"{four.raw}-0-99")
    assert missing.exit_code == EXIT_FAILED
    assert "no dead letter" in missing.stderr


def test_a_dry_run_counts_and_sends_nothing(mail: Mail, command: Command) -> None:
    four = mail.with_four()
    result = command("replay", "--dry-run", "--source", "billing")
    assert result.exit_code == 0, result.stderr
    assert f"1 to {four.raw}" in result.stderr
    assert f"1 to {four.other}" in result.stderr
    assert "1 failed" in result.stderr
    assert (len(four.read(four.raw)), len(four.read(four.other)), len(four.read(four.dead))) == (2, 2, 5)


def test_nothing_is_sent_unless_confirmed(four: Mail, command: Command) -> None:
    result = command("replay")  # nobody is there to say yes
    assert result.exit_code == EXIT_FAILED
    assert len(four.read(four.raw)) == 2


def test_a_replayed_record_is_what_it_was_with_one_header_more(mail: Mail, command: Command) -> None:
    theirs: list[tuple[str, bytes | None]] = [
        ("host", b"node-1"),
        ("host", b"node-2"),
        ("reason", b"theirs"),
        ("empty", b""),
        ("none", None),
    ]
    then_ms = NOW_MS - 50 * HOUR_MS
    mail.send_and_bury(mail.raw, Raw(PAID, BYTES, theirs, then_ms), "failed", "boom")
    result = command("replay", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "1 dead letter sent back" in result.stderr
    first, second = mail.read(mail.raw)
    assert (second.value(), second.key()) == (PAID, BYTES)
    assert second.timestamp() == first.timestamp()
    assert headers_of(second) == [*theirs, ("replay_attempt", b"1")]
    assert len(mail.read(mail.dead)) == 1


def test_a_tombstone_and_an_empty_value_stay_what_they_are(mail: Mail, command: Command) -> None:
    mail.send_and_bury(mail.raw, Raw(None, b"k"), "tombstone")
    mail.send_and_bury(mail.raw, Raw(b"", b"k"), "empty")
    assert command("replay", "--yes", "--reason", "tombstone").exit_code == 0
    assert command("replay", "--yes", "--reason", "empty").exit_code == 0
    assert [record.value() for record in mail.read(mail.raw)] == [None, b"", None, b""]


def test_only_what_is_chosen_goes_back_where_it_came_from(mail: Mail, command: Command) -> None:
    four = mail.with_four()
    result = command("replay", "--yes", "--source", "billing", "--since", of_hours_ago(2.5))
    assert result.exit_code == 0, result.stderr
    assert len(four.read(four.raw)) == 2
    assert [record.value() for record in four.read(four.other)] == [REFUSED, None, REFUSED]


def test_what_dies_again_and_again_is_left_alone(mail: Mail, command: Command) -> None:
    message = mail.send_and_bury(mail.raw, Raw(PAID), "failed")
    for attempt in (1, 2):
        # Each letter is replayed by itself: the earlier ones of the same event are still there.
        sent = command("replay", "--yes", "--max-attempts", "2", "--topic", mail.raw)
        assert sent.exit_code == 0, sent.stderr
        message = mail.read(mail.raw)[-1]
        assert headers_of(message) == [("replay_attempt", str(attempt).encode())]
        mail.kafka.delete_topic(mail.dead)
        mail.kafka.create_topics(mail.dead, partitions=1)
        mail.bury([message], "failed")
    spent = command("replay", "--yes", "--max-attempts", "2")
    assert spent.exit_code == EXIT_FAILED
    assert "1 dead letter left alone: replayed 2 times already" in spent.stderr
    assert "nothing to replay" in spent.stderr
    assert len(mail.read(mail.raw)) == 3
    assert [row["replays"] for row in listed(command)] == [2]
    assert command("replay", "--yes", "--max-attempts", "3").exit_code == 0
    assert headers_of(mail.read(mail.raw)[-1]) == [("replay_attempt", b"3")]


@pytest.mark.parametrize("counted", [b"many", b"", b"-1", "²".encode(), b"9" * 5_000])
def test_a_count_that_is_none_does_no_harm(mail: Mail, command: Command, counted: bytes) -> None:
    mail.send_and_bury(mail.raw, Raw(PAID, headers=[("replay_attempt", counted)]), "failed")
    assert len(listed(command)) == 1
    assert command("replay", "--dry-run").exit_code in (0, EXIT_FAILED)


def test_a_letter_that_was_cut_is_left_alone(mail: Mail, command: Command) -> None:
    mail.bury(mail.publish(mail.raw, [Raw(b"x" * (CUT_BYTES + 1))]), "too_large", whole=False)
    (row,) = listed(command)
    assert not row["whole"]
    assert len(row["value"]) == CUT_BYTES
    result = command("replay", "--yes")
    assert result.exit_code == EXIT_FAILED
    assert "only the first part was kept" in result.stderr
    assert len(mail.read(mail.raw)) == 1


def test_the_rate_is_kept(mail: Mail, command: Command) -> None:
    mail.bury(mail.publish(mail.raw, [Raw(PAID)] * 30), "failed")
    began = time.monotonic()
    assert command("replay", "--yes", "--rate", "20").exit_code == 0
    assert time.monotonic() - began >= 1.5
    assert len(mail.read(mail.raw)) == 60


def test_exit_codes(mail: Mail, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = command("replay", "--yes")
    assert empty.exit_code == EXIT_FAILED
    assert "nothing to replay" in empty.stderr
    assert command("dead").exit_code == 0
    assert command("replay", "--since", "yesterday").exit_code == EXIT_USAGE
    assert command("dead", "--limit", "0").exit_code == EXIT_USAGE

    # The topic that a letter came from is gone by now.
    mail.send_and_bury(mail.other, Raw(PAID), "failed")
    mail.kafka.delete_topic(mail.other)
    gone = command("replay", "--yes")
    assert gone.exit_code == EXIT_BROKER
    assert mail.other in gone.stderr

    monkeypatch.setenv("LOGSLUICE_DEAD_LETTER_TOPIC", "letters-nowhere")
    assert command("dead").exit_code == EXIT_BROKER
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    assert command("dead").exit_code == EXIT_BROKER
