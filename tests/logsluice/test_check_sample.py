"""`logsluice check --sample` on a real Kafka: what the newest records are, without a word of what they say."""

import json
from pathlib import Path

import pytest

from logsluice.cli.sample import place_of
from tests.conftest import Command
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.world import settings

NAME = "sampled"
OLD = Raw(b'{"source": "old", "log_message": "one that is not among the newest"}', timestamp_ms=1_000)


@pytest.fixture
def environment(kafka: KafkaServer, small: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    ours = settings(kafka, NAME) | {
        "LOGSLUICE_BUNDLE": str(small),
        "LOGSLUICE_INPUT_TOPIC": f"{NAME}.raw,{NAME}.empty",
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return ours


def test_the_newest_records_are_described_and_masked(
    kafka: KafkaServer, logsluice: Command, environment: dict[str, str]
) -> None:
    kafka.create_topics(
        *(f"{NAME}.{each}" for each in ("raw", "labelled", "pending", "verdicts", "dead", "empty"))
    )
    records = [
        b'{"service": {"name": "billing"}, "log.level": "error", "message": "Payment 4711 was refused"}',
        b'{"source": "crm", "log_message": "{\\"msg\\": \\"user 8 signed out\\"}"}',
        b"<131>1 2026-11-28T12:00:00Z web-1 sshd 4711 - - Failed password for root from 203.0.113.7",
        b'{"source": "crm", "number": 3}',
        b"\0\0\0\0\7\2x",
    ]
    publish(
        kafka,
        f"{NAME}.raw",
        [OLD, *(Raw(value, timestamp_ms=2_000 + place) for place, value in enumerate(records))],
    )
    result = logsluice("check", "--sample", "5")
    assert result.exit_code == 0, result.stdout
    rows = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    lines = [text for _, what, text in rows if what == "sample"]
    assert f"{NAME}.raw: the newest 5 records" in lines
    assert f"{NAME}.empty is empty" in lines
    said = "\n".join(lines)
    for part in (
        "service.name",
        "log_message, there msg",
        "of billing: Payment <num> was refused",
        "of sshd: Failed password for root from <ip>",
        "1 dead letter, no_message",
        "1 dead letter, no_registry: the record names schema 7",
    ):
        assert part in said, said
    assert "4711" not in said
    assert "old" not in said
    assert kafka.committed(NAME, f"{NAME}.raw") == dict.fromkeys(range(4), -1001)

    assert "not among the newest" in logsluice("check", "--sample").stdout
    assert " sample " not in logsluice("check").stdout


@pytest.mark.parametrize(
    ("text", "content", "place"),
    [
        ("x y", {"a": {"b": "x y\n"}}, "a.b"),
        ("x y", {"a": [{"b": 1}, {"b": "x y"}]}, "a[].b"),
        ("x y", {"log": json.dumps({"msg": "x y"})}, "log, there msg"),
        ("x y", {"log": 'level=info msg="x y"'}, "a part of log"),
        ("17", {"app": 17}, "app"),
        ("x y", {"a": "x", "b": ["y", None, True]}, "no member of its own"),
        ("x y", None, "no member of its own"),
    ],
)
def test_where_a_text_stands(text: str, content: object, place: str) -> None:
    assert place_of(text, content) == place
