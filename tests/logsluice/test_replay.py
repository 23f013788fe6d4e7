"""`logsluice replay` on dead letters in a real Kafka."""

import time

import pytest

from consumer.errors import EXIT_BROKER, EXIT_FAILED, EXIT_USAGE
from consumer.records.dead_letter import CUT_BYTES, MARKER, dead_letter
from consumer.records.incoming import headers_of
from tests.conftest import Command
from tests.support.dead_letters import (
    BYTES,
    HOUR_MS,
    NOW_MS,
    PAID,
    REFUSED,
    DeadLetterTopic,
    hours_ago,
    listed,
)
from tests.support.kafka_server import free_port
from tests.support.raw_records import Raw, noise


def test_a_dry_run_counts_and_sends_nothing(letters: DeadLetterTopic, command: Command) -> None:
    four = letters.with_four()
    result = command("replay", "--dry-run", "--source", "billing")
    assert result.exit_code == 0, result.stderr
    assert f"1 to {four.raw}" in result.stderr
    assert f"1 to {four.other}" in result.stderr
    assert "1 failed" in result.stderr
    assert (len(four.read(four.raw)), len(four.read(four.other)), len(four.read(four.dead))) == (2, 2, 5)


def test_nothing_is_sent_unless_confirmed(four: DeadLetterTopic, command: Command) -> None:
    result = command("replay")  # nobody is there to say yes
    assert result.exit_code == EXIT_FAILED
    assert len(four.read(four.raw)) == 2


def test_a_replayed_record_is_what_it_was_with_one_header_more(
    letters: DeadLetterTopic, command: Command
) -> None:
    theirs: list[tuple[str, bytes | None]] = [
        ("host", b"node-1"),
        ("host", b"node-2"),
        ("reason", b"theirs"),
        ("empty", b""),
        ("none", None),
    ]
    then_ms = NOW_MS - 50 * HOUR_MS
    letters.add_letter_of(letters.raw, Raw(PAID, BYTES, theirs, then_ms), "failed", "boom")
    letters_headers_before = headers_of(letters.read(letters.dead)[0])
    result = command("replay", "--yes")
    assert result.exit_code == 0, result.stderr
    assert "1 dead letter sent back" in result.stderr
    first, second = letters.read(letters.raw)
    assert (second.value(), second.key()) == (PAID, BYTES)
    assert second.timestamp() == first.timestamp()
    assert headers_of(second) == [*theirs, ("replay_attempt", b"1")]
    letter, marker = letters.read(letters.dead)
    assert headers_of(letter) == letters_headers_before
    assert headers_of(marker) == [(MARKER, b"1")]


def test_a_tombstone_and_an_empty_value_stay_what_they_are(
    letters: DeadLetterTopic, command: Command
) -> None:
    letters.add_letter_of(letters.raw, Raw(None, b"k"), "tombstone")
    letters.add_letter_of(letters.raw, Raw(b"", b"k"), "empty")
    assert command("replay", "--yes", "--reason", "tombstone").exit_code == 0
    assert command("replay", "--yes", "--reason", "empty").exit_code == 0
    assert [record.value() for record in letters.read(letters.raw)] == [None, b"", None, b""]


def test_only_what_is_chosen_goes_back_where_it_came_from(letters: DeadLetterTopic, command: Command) -> None:
    four = letters.with_four()
    result = command("replay", "--yes", "--source", "billing", "--since", hours_ago(2.5))
    assert result.exit_code == 0, result.stderr
    assert len(four.read(four.raw)) == 2
    assert [record.value() for record in four.read(four.other)] == [REFUSED, None, REFUSED]


def test_what_dies_again_and_again_is_left_alone(letters: DeadLetterTopic, command: Command) -> None:
    message = letters.add_letter_of(letters.raw, Raw(PAID), "failed")
    for attempt in (1, 2):
        # The earlier letters of the same event are still there, and are left alone.
        sent = command("replay", "--yes", "--max-attempts", "2", "--topic", letters.raw)
        assert sent.exit_code == 0, sent.stderr
        message = letters.read(letters.raw)[-1]
        assert headers_of(message) == [("replay_attempt", str(attempt).encode())]
        letters.add_letters([message], "failed")
    spent = command("replay", "--yes", "--max-attempts", "2")
    assert spent.exit_code == EXIT_FAILED
    assert "1 dead letter left alone: replayed 2 times already" in spent.stderr
    assert "nothing to replay" in spent.stderr
    assert len(letters.read(letters.raw)) == 3
    assert [row["replays"] for row in listed(command)] == [0, 1, 2]
    assert [row["replayed"] for row in listed(command)] == [True, True, False]
    assert command("replay", "--yes", "--max-attempts", "3").exit_code == 0
    assert headers_of(letters.read(letters.raw)[-1]) == [("replay_attempt", b"3")]


def test_a_letter_is_sent_back_once_however_often_replay_runs(
    letters: DeadLetterTopic, command: Command
) -> None:
    letters.add_letters(letters.publish(letters.raw, [Raw(PAID), Raw(REFUSED)]), "failed")
    first = command("replay", "--yes")
    assert "2 dead letters sent back" in first.stderr
    for _ in range(2):
        later = command("replay", "--yes")
        assert later.exit_code == EXIT_FAILED
        assert "2 dead letters left alone: sent back before" in later.stderr
    assert len(letters.read(letters.raw)) == 4
    letters.add_letter_of(letters.other, Raw(PAID), "failed")
    third = command("replay", "--yes")
    assert "1 dead letter sent back" in third.stderr
    assert (len(letters.read(letters.raw)), len(letters.read(letters.other))) == (4, 2)
    again = command("replay", "--yes", "--again", "--topic", letters.raw)
    assert "2 dead letters sent back" in again.stderr
    assert len(letters.read(letters.raw)) == 6


def test_a_sender_cannot_mark_letters_as_replayed(letters: DeadLetterTopic, command: Command) -> None:
    forged = Raw(b'["0-0", "0-1"]', headers=[(MARKER, b"1")])
    letters.add_letters(letters.publish(letters.raw, [Raw(PAID), forged]), "failed")
    result = command("replay", "--yes")
    assert "2 dead letters sent back" in result.stderr


def test_a_record_that_its_topic_refuses_is_not_marked_and_the_others_are_sent(
    letters: DeadLetterTopic, command: Command
) -> None:
    large = Raw(b'{"log_message":"%b"}' % noise(50_000).encode())
    letters.add_letters(letters.publish(letters.raw, [Raw(PAID), large, Raw(REFUSED)]), "failed")
    letters.kafka.delete_topic(letters.raw)
    letters.kafka.create_topics(letters.raw, partitions=1, config={"max.message.bytes": "10000"})
    result = command("replay", "--yes")
    assert result.exit_code == EXIT_FAILED, result.stderr
    assert "2 dead letters sent back" in result.stderr
    assert f"1 dead letter refused by {letters.raw}: " in result.stderr
    assert [row["replayed"] for row in listed(command)] == [True, False, True]


@pytest.mark.parametrize("time", ["9" * 17, "-1", "soon", "1700000000000000"])
def test_a_time_that_no_calendar_has_does_no_harm(
    letters: DeadLetterTopic, command: Command, time: str
) -> None:
    (message,) = letters.publish(letters.raw, [Raw(PAID)])
    letter = dead_letter(letters.dead, message, "failed")
    headers = [(name, time.encode() if name == "time" else value) for name, value in letter.headers]
    letters.publish(letters.dead, [Raw(letter.value, letter.key, headers)])
    assert len(listed(command)) == 1
    result = command("replay", "--yes")
    assert result.exit_code in (0, EXIT_FAILED), result.stderr
    assert "1 dead letter sent back" in result.stderr or "refused by" in result.stderr


@pytest.mark.parametrize("counted", [b"many", b"", b"-1", "²".encode(), b"9" * 5_000])
def test_a_count_that_is_none_does_no_harm(
    letters: DeadLetterTopic, command: Command, counted: bytes
) -> None:
    letters.add_letter_of(letters.raw, Raw(PAID, headers=[("replay_attempt", counted)]), "failed")
    assert len(listed(command)) == 1
    assert command("replay", "--dry-run").exit_code in (0, EXIT_FAILED)


def test_a_letter_that_was_cut_is_left_alone(letters: DeadLetterTopic, command: Command) -> None:
    letters.add_letters(letters.publish(letters.raw, [Raw(b"x" * (CUT_BYTES + 1))]), "too_large", whole=False)
    (row,) = listed(command)
    assert not row["whole"]
    assert len(row["value"]) == CUT_BYTES
    result = command("replay", "--yes")
    assert result.exit_code == EXIT_FAILED
    assert "only the first part was kept" in result.stderr
    assert len(letters.read(letters.raw)) == 1


def test_the_rate_is_kept(letters: DeadLetterTopic, command: Command) -> None:
    letters.add_letters(letters.publish(letters.raw, [Raw(PAID)] * 30), "failed")
    began = time.monotonic()
    assert command("replay", "--yes", "--rate", "20").exit_code == 0
    assert time.monotonic() - began >= 1.5
    assert len(letters.read(letters.raw)) == 60


def test_exit_codes(letters: DeadLetterTopic, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = command("replay", "--yes")
    assert empty.exit_code == EXIT_FAILED
    assert "nothing to replay" in empty.stderr
    assert command("dead").exit_code == 0
    assert command("replay", "--since", "soon").exit_code == EXIT_USAGE
    assert command("dead", "--limit", "0").exit_code == EXIT_USAGE

    # The topic that a letter came from is gone by now.
    letters.add_letter_of(letters.other, Raw(PAID), "failed")
    letters.kafka.delete_topic(letters.other)
    gone = command("replay", "--yes")
    assert gone.exit_code == EXIT_BROKER
    assert letters.other in gone.stderr

    monkeypatch.setenv("LOGSLUICE_DEAD_LETTER_TOPIC", "letters-nowhere")
    assert command("dead").exit_code == EXIT_BROKER
    monkeypatch.setattr("consumer.kafka.reader.TIMEOUT_S", 1.0)
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    assert command("dead").exit_code == EXIT_BROKER
