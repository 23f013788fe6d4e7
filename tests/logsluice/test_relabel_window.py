"""`logsluice relabel`: which records are in the window, what it refuses to write to, and its exit codes."""

import json
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from consumer.errors import EXIT_BROKER, EXIT_BUNDLE, EXIT_FAILED, EXIT_USAGE
from tests.conftest import Command
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.raw_records import noise, publish
from tests.support.relabel_world import labels_in, raw_event, time_of
from tests.support.world import World

FROM, TO = 60, 240


@pytest.fixture(scope="module")
def world(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory, small: Path) -> World:
    """Topics without events."""
    return World(kafka, tmp_path_factory.mktemp("window"), "relabel-window", bundle=small, partitions=1)


@pytest.fixture
def command(world: World, logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return logsluice


def test_a_record_counts_by_its_own_time_whatever_its_place(
    kafka: KafkaServer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics("relabel.disorder", partitions=1)
    order = [5, 900, 12, 3, 13, 900, 11, 14, 10, 2]  # as numbers of seconds; the window is 10 to 14
    publish(kafka, "relabel.disorder", [raw_event(each)._replace(partition=0) for each in order])
    monkeypatch.setenv("LOGSLUICE_INPUT_TOPIC", "relabel.disorder")
    result = command(
        *("relabel", "--from", time_of(10), "--to", time_of(14)),
        *("--topic", "relabel.ordered"),
    )
    assert result.exit_code == 0, result.output
    places = [place for place, second in enumerate(order) if 10 <= second < 14]
    assert labels_in(kafka, "relabel.ordered").keys() == {f"relabel.disorder-0-{place}" for place in places}


def test_what_is_deleted_already_is_said(
    kafka: KafkaServer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics("relabel.cut", partitions=1)
    publish(
        kafka, "relabel.cut", [raw_event(number)._replace(partition=0) for number in range(FROM, FROM + 30)]
    )
    admin = kafka.admin()  # kept until it is answered
    for future in admin.delete_records([TopicPartition("relabel.cut", 0, 10)]).values():
        future.result(30)
    monkeypatch.setenv("LOGSLUICE_INPUT_TOPIC", "relabel.cut")
    result = command(
        *("relabel", "--from", time_of(FROM), "--to", time_of(TO), "--dry-run"), "--json", "report.json"
    )
    report = json.loads(Path("report.json").read_bytes())
    assert report["events"] == 20
    assert report["deleted"] == [{"topic": "relabel.cut", "partition": 0, "before_offset": 10}]
    assert "relabel.cut-0 has no records before offset 10 any more" in result.stdout


def test_what_the_target_does_not_take_is_named_and_no_dead_letter(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kafka.create_topics("relabel.large", partitions=1)
    world.kafka.create_topics("relabel.takes-little", partitions=1, config={"max.message.bytes": "10000"})
    lines = ["", "", noise(50_000), "", ""]
    publish(
        world.kafka,
        "relabel.large",
        [raw_event(FROM + place, line)._replace(partition=0) for place, line in enumerate(lines)],
    )
    monkeypatch.setenv("LOGSLUICE_INPUT_TOPIC", "relabel.large")
    result = command(
        *("relabel", "--from", time_of(FROM), "--to", time_of(TO), "--topic", "relabel.takes-little")
    )
    assert result.exit_code == EXIT_FAILED
    assert "1 are refused by the broker: relabel.large-0-2 too_large" in result.stdout
    assert "raise its max.message.bytes" in result.stderr
    taken = labels_in(world.kafka, "relabel.takes-little")
    assert taken.keys() == {f"relabel.large-0-{place}" for place in (0, 1, 3, 4)}
    assert not any(world.kafka.end_offsets(world.dead).values())


@pytest.mark.parametrize("kind", ["input", "output", "pending", "verdicts", "dead"])
def test_no_topic_of_the_service_is_written_to(world: World, command: Command, kind: str) -> None:
    topic = getattr(world, kind)
    ends = world.kafka.end_offsets(topic)
    for name in (topic, topic.upper()):
        result = command("relabel", "--from", time_of(FROM), "--to", time_of(TO), "--topic", name)
        assert result.exit_code == EXIT_USAGE
        assert topic in result.stderr
    assert world.kafka.end_offsets(topic) == ends


def test_exit_codes(world: World, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = ("--from", time_of(FROM), "--to", time_of(TO))
    assert command("relabel", "--topic", "relabel.x").exit_code == EXIT_USAGE
    assert command("relabel", *window).exit_code == EXIT_USAGE
    assert command("relabel", *window, "--dry-run", "--topic", "relabel.x").exit_code == EXIT_USAGE
    assert (
        command("relabel", "--from", time_of(TO), "--to", time_of(FROM), "--dry-run").exit_code == EXIT_USAGE
    )
    assert command("relabel", "--from", "soon", "--dry-run").exit_code == EXIT_USAGE
    for name in ("no topic", "__consumer_offsets"):
        assert command("relabel", *window, "--topic", name).exit_code == EXIT_USAGE
    assert command("relabel", *window, "--dry-run", "--bundle", tmp_path).exit_code == EXIT_BUNDLE
    missing = command("relabel", *window, "--dry-run", "--input", "relabel.nowhere")
    assert missing.exit_code == EXIT_BROKER
    assert "relabel.nowhere" in missing.stderr
    monkeypatch.setattr("consumer.lanes.history.relabel.TIMEOUT_S", 1.0)
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    assert command("relabel", *window, "--dry-run").exit_code == EXIT_BROKER
