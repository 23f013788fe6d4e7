"""`logsluice topics create` on a real Kafka: what it makes, leaves alone and refuses."""

from pathlib import Path

from confluent_kafka.admin import ConfigResource, ResourceType

from tests.support.kafka_server import KafkaServer
from tests.support.service_process import run_command
from tests.support.world import settings

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


def test_verdicts_that_are_not_compacted_are_reported_by_every_command(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    environment = settings(kafka, "loose") | {"LOGSLUICE_HTTP_PORT": "0"}
    kafka.create_topics("loose.verdicts", config={"cleanup.policy": "delete"})
    made = run_command(tmp_path, environment, "topics", "create")
    assert made.returncode == 0
    (line,) = (line for line in made.stdout.splitlines() if line.startswith("loose.verdicts: "))
    assert "exists, and is not as it must be: loose.verdicts has cleanup.policy delete" in line
    ran = run_command(tmp_path, environment, "run")
    assert ran.returncode == 4, ran.stderr
    assert ran.stderr.splitlines()[-1].startswith(
        "logsluice: loose.verdicts has cleanup.policy delete, so that"
    )


def test_a_topic_that_the_broker_refuses_is_named(kafka: KafkaServer, tmp_path: Path) -> None:
    refused = run_command(tmp_path, settings(kafka, "refused"), "topics", "create", "--replication", "3")
    assert refused.returncode == 4
    lines = refused.stderr.splitlines()
    assert len(lines) == len(SUFFIXES)
    assert all(
        line.startswith("logsluice: refused.") and "replication factor" in line.lower() for line in lines
    ), lines


def config_of(kafka: KafkaServer, topic: str) -> dict[str, str]:
    """Return the configuration of a topic."""
    admin = kafka.admin()  # it must outlive its answers
    [described] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    return {name: entry.value for name, entry in described.result(30).items()}
