"""`logsluice topics create` and `logsluice check` on a real Kafka: what they do, say, and exit with."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from tests.consumer.service_process import run_command
from tests.deploy.processes import settings
from tests.kafka_server import KafkaServer, free_port

Ended = subprocess.CompletedProcess[str]
SUFFIXES = ("raw", "labelled", "pending", "verdicts", "dead")


def test_topics_are_created_once_and_left_alone_afterwards(kafka: KafkaServer, tmp_path: Path) -> None:
    environment = settings(kafka, "made")
    first = run_command(tmp_path, environment, "topics", "create", "--partitions", "3")
    assert (first.returncode, first.stderr) == (0, "")
    assert sorted(first.stdout.splitlines()) == sorted(
        f"made.{name}: created, 3 partitions" for name in SUFFIXES
    )
    before = {name: config_of(kafka, f"made.{name}") for name in SUFFIXES}
    assert {name: config["cleanup.policy"] for name, config in before.items()} == {
        name: "compact" if name == "verdicts" else "delete" for name in SUFFIXES
    }
    assert {config["max.message.bytes"] for config in before.values()} == {str(8 << 20)}

    options = ("--partitions", "5", "--max-message-bytes", "2000000", "--replication", "1")
    second = run_command(tmp_path, environment, "topics", "create", *options)
    assert (second.returncode, second.stderr) == (0, "")
    assert sorted(second.stdout.splitlines()) == sorted(f"made.{name}: exists" for name in SUFFIXES)
    assert {name: config_of(kafka, f"made.{name}") for name in SUFFIXES} == before
    assert {len(kafka.end_offsets(f"made.{name}")) for name in SUFFIXES} == {3}


def test_only_missing_topics_are_created_each_input_among_them(kafka: KafkaServer, tmp_path: Path) -> None:
    environment = settings(kafka, "some") | {"LOGSLUICE_INPUT_TOPIC": "some.raw,some.more"}
    kafka.create_topics("some.labelled", partitions=2)
    made = run_command(tmp_path, environment, "topics", "create", "--max-message-bytes", "2000000")
    assert (made.returncode, made.stderr) == (0, "")
    assert "some.labelled: exists" in made.stdout.splitlines()
    assert "some.more: created, 4 partitions" in made.stdout.splitlines()
    assert config_of(kafka, "some.more")["max.message.bytes"] == "2000000"
    assert len(kafka.end_offsets("some.labelled")) == 2


def test_a_topic_that_the_broker_refuses_is_named(kafka: KafkaServer, tmp_path: Path) -> None:
    refused = run_command(tmp_path, settings(kafka, "refused"), "topics", "create", "--replication", "3")
    assert refused.returncode == 4
    lines = refused.stderr.splitlines()
    assert len(lines) == len(SUFFIXES)
    assert all(
        line.startswith("logsluice: refused.") and "replication factor" in line.lower() for line in lines
    ), lines


@pytest.fixture(scope="module")
def checks(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Ended]"]]:
    """One check of each kind. They start slowly and one waits for a broker, so they run beside each other."""
    kafka.create_topics(*(f"checked.{name}" for name in SUFFIXES))
    directory = tmp_path_factory.mktemp("checks")
    nowhere = f"127.0.0.1:{free_port()}"
    right = settings(kafka, "checked")
    environments = {
        "no broker": right | {"LOGSLUICE_BOOTSTRAP_SERVERS": nowhere},
        "all right": right,
        "no topics": settings(kafka, "unmade") | {"LOGSLUICE_INPUT_TOPIC": "checked.raw"},
        "no bundle": right | {"LOGSLUICE_BUNDLE": str(directory)},
        "no sense": right | {"LOGSLUICE_BATCH_MAX_EVENTS": "many", "LOGSLUICE_OUTPUT_TOPICS": "x"},
    }
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(run_command, directory, environment, "check")
            for name, environment in environments.items()
        }


@pytest.mark.parametrize(
    ("name", "exit_code", "failed"),
    [
        ("all right", 0, []),
        ("no sense", 3, ["settings"]),
        ("no broker", 4, ["broker"]),
        ("no topics", 4, ["topics"]),
        ("no bundle", 5, ["bundle"]),
    ],
)
def test_a_check_says_what_holds_and_exits_with_what_does_not(
    checks: dict[str, "Future[Ended]"], name: str, exit_code: int, failed: list[str]
) -> None:
    ended = checks[name].result(100)
    assert ended.returncode == exit_code, ended.stdout
    assert "Traceback" not in ended.stderr
    rows = [line.split(maxsplit=2) for line in ended.stdout.splitlines()]
    assert sorted({what for mark, what, _ in rows if mark == "fail"}) == failed
    assert {mark for mark, _, _ in rows} <= {"ok", "fail"}


def test_all_that_holds_is_said(checks: dict[str, "Future[Ended]"]) -> None:
    rows = [line.split(maxsplit=2) for line in checks["all right"].result(100).stdout.splitlines()]
    assert [what for _, what, _ in rows] == ["settings", "bundle", "broker", "topics", "llm"]


def test_what_does_not_hold_is_said_in_words(checks: dict[str, "Future[Ended]"]) -> None:
    said = {name: check.result(100).stdout for name, check in checks.items()}
    assert "does not answer" in said["no broker"]
    assert "unmade.labelled, unmade.pending, unmade.verdicts, unmade.dead missing" in said["no topics"]
    assert "checked.raw missing" not in said["no topics"]
    assert "LOGSLUICE_BATCH_MAX_EVENTS" in said["no sense"]
    assert "did you mean LOGSLUICE_OUTPUT_TOPIC?" in said["no sense"]


def config_of(kafka: KafkaServer, topic: str) -> dict[str, str]:
    """Return the configuration of a topic."""
    admin = kafka.admin()  # it must outlive its answers
    [described] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    return {name: entry.value for name, entry in described.result(30).items()}
