"""`logsluice dead` on dead letters in a real Kafka."""

import pytest

from consumer.errors import EXIT_FAILED, EXIT_USAGE
from consumer.records.dead_letter import dead_letter
from tests.conftest import Command
from tests.support.dead_letters import (
    BROKEN,
    HOUR_MS,
    NOW_MS,
    PAID,
    REFUSED,
    DeadLetterTopic,
    hours_ago,
    listed,
)
from tests.support.raw_records import Raw

ESCAPES = b'{"source":"app","log_message":"\x1b[31mred\x07"}'


def test_letters_are_listed_by_time_with_reason_and_place(four: DeadLetterTopic, command: Command) -> None:
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
        (("--since", hours_ago(2.5)), ["too_large", "tombstone"]),
        (("--until", hours_ago(2.5)), ["not_json", "failed"]),
        (("--since", hours_ago(3.5), "--until", hours_ago(1.5)), ["failed", "too_large"]),
        (("--since", "90m"), ["tombstone"]),
        (("--since", "999999999999d"), ["not_json", "failed", "too_large", "tombstone"]),
        (("--until", "999999999999d"), []),
        (("--reason", "FAILED"), ["failed"]),
        (("--since", "1d"), ["not_json", "failed", "too_large", "tombstone"]),
        (("--source", "billing", "--reason", "failed"), ["failed"]),
        (("--limit", "1"), ["tombstone"]),
    ],
)
def test_letters_are_chosen(
    four: DeadLetterTopic, command: Command, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert [row["reason"] for row in listed(command, *arguments)] == expected


def test_letters_are_chosen_by_topic(four: DeadLetterTopic, command: Command) -> None:
    assert [row["reason"] for row in listed(command, "--topic", four.raw)] == ["not_json", "failed"]
    assert listed(command, "--topic", "elsewhere") == []


def test_a_person_reads_a_table_that_cannot_command_the_terminal(
    letters: DeadLetterTopic, command: Command
) -> None:
    letters.add_letter_of(letters.raw, Raw(ESCAPES, headers=[("host", b"\x1b]0;x")]), "not_json", "\x1b[2J")
    table = command("dead")
    assert table.exit_code == 0
    assert "not_json" in table.stdout
    assert f"{letters.raw}-0-0 " in table.stdout
    assert "1 dead letter: 1 not_json" in table.stderr
    shown = command("dead", "show", f"{letters.raw}-0-0")
    assert shown.exit_code == 0
    assert "[31mred" in shown.stdout
    for text in (table.stdout, shown.stdout):
        assert "\x1b" not in text
        assert "\x07" not in text


def test_one_letter_is_shown_whole(four: DeadLetterTopic, command: Command) -> None:
    shown = command("dead", "show", f"{four.raw}-0-1")
    assert shown.exit_code == 0, shown.stderr
    assert "ValueError: boom" in shown.stdout
    assert f"{len(PAID)} bytes:\n{PAID.decode()}\n" in shown.stdout
    assert "a tombstone" in command("dead", "show", f"{four.other}-0-1").stdout
    missing = command("dead", "show", f"{four.raw}-0-99")
    assert missing.exit_code == EXIT_FAILED
    assert "no dead letter" in missing.stderr


@pytest.mark.parametrize(
    "time", ["yesterday", "1" * 5_000 + "d", "²h", "0001-01-01", "9999-12-31T23:59-23:59", "", "-1h"]
)
def test_a_time_that_is_none_is_wrong_usage(four: DeadLetterTopic, command: Command, time: str) -> None:
    result = command("dead", f"--since={time}")
    assert result.exit_code in (0, EXIT_USAGE), result.stderr
    if result.exit_code == EXIT_USAGE:
        assert "is no time: write 2h, 30m, yesterday or 2026-01-31T12:00" in result.stderr


def test_a_reason_that_is_none_is_wrong_usage_and_the_known_ones_are_named(
    four: DeadLetterTopic, command: Command
) -> None:
    result = command("dead", "--reason", "broken")
    assert result.exit_code == EXIT_USAGE
    assert "not_json" in result.stderr


def test_times_go_by_the_death_and_not_by_the_event(letters: DeadLetterTopic, command: Command) -> None:
    week_old = Raw(PAID, timestamp_ms=NOW_MS - 168 * HOUR_MS)
    letters.add_letter_of(letters.raw, week_old, "failed", died_ms=NOW_MS - HOUR_MS)
    assert len(listed(command, "--since", "2h")) == 1
    assert listed(command, "--until", "2h") == []


@pytest.mark.parametrize("died_ms", [253_402_300_800_000, 9 * 10**17, 1_700_000_000_000_000])
def test_a_time_of_death_that_no_calendar_has_ends_nothing(
    letters: DeadLetterTopic, command: Command, monkeypatch: pytest.MonkeyPatch, died_ms: int
) -> None:
    letters.kafka.create_topics(
        f"{letters.dead}.odd", partitions=1, config={"message.timestamp.after.max.ms": str(2**63 - 1)}
    )
    letters.dead = f"{letters.dead}.odd"
    letters.add_letter_of(letters.raw, Raw(PAID), "failed", died_ms=died_ms)
    monkeypatch.setenv("LOGSLUICE_DEAD_LETTER_TOPIC", letters.dead)
    result = command("dead")
    assert result.exit_code == 0
    assert f"{letters.raw}-0-0" in result.stdout


def test_null_and_unreadable_headers_end_nothing(letters: DeadLetterTopic, command: Command) -> None:
    (message,) = letters.publish(letters.raw, [Raw(PAID)])
    letter = dead_letter(letters.dead, message, "failed")
    nulls: list[tuple[str, bytes | None]] = [(name, None) for name, _ in letter.headers]
    letters.publish(letters.dead, [Raw(PAID, headers=nulls), Raw(PAID, headers=[("reason", None)])])
    letters.publish(letters.dead, [Raw(letter.value, letter.key, list(letter.headers))])
    assert [row["reason"] for row in listed(command)][-1] == "failed"
    assert command("dead").exit_code == 0
    assert command("dead", "show", f"{letters.raw}-0-0").exit_code == 0
    assert command("replay", "--dry-run").exit_code == 0
