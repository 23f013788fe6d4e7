"""`logsluice relabel` killed in the middle and started again: every event of the window is in the target once."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.errors import EXIT_FAILED
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.relabel_world import PARTITIONS, labels_in, raw_event, time_of
from tests.support.service_process import COMMAND, START_PATIENCE_S, clean_environment
from tests.support.world import World

EVENTS = 3_000
SMALL_BATCHES = {"LOGSLUICE_BATCH_MAX_EVENTS": "10"}


@pytest.fixture(scope="module")
def world(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory, small: Path) -> World:
    """Raw events that no service has labelled."""
    world = World(
        kafka, tmp_path_factory.mktemp("killed"), "relabel-killed", bundle=small, partitions=PARTITIONS
    )
    world.publish(raw_event(number) for number in range(EVENTS))
    return world


class Process:
    """A running `logsluice relabel` of the whole window."""

    def __init__(self, world: World, topic: str, **environment: str) -> None:
        self._output = world.directory / f"relabel-{len([*world.directory.iterdir()])}.log"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [COMMAND, "relabel", "--from", time_of(0), "--to", time_of(EVENTS), "--topic", topic],
                env=clean_environment() | world.environment | environment,
                cwd=world.directory,
                stdout=output,
                stderr=output,
            )

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def wait_until_there_are(self, world: World, topic: str, more_than: int) -> None:
        def there() -> bool:
            assert self.process.poll() is None, self.output
            return topic in topics(world) and sum(world.kafka.end_offsets(topic).values()) > more_than

        wait_until(there, f"{topic} holds more than {more_than} records", START_PATIENCE_S)

    def wait(self) -> int:
        return self.process.wait(START_PATIENCE_S)


def topics(world: World) -> set[str]:
    return set(world.kafka.admin().list_topics(timeout=15).topics)


@pytest.fixture
def running(world: World) -> Iterator[list[Process]]:
    """Processes that are killed where a test has not ended them."""
    processes: list[Process] = []
    yield processes
    for each in processes:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_and_started_again(world: World, running: list[Process], times: int) -> None:
    topic, published = f"relabel-killed.{times}", 0
    for _ in range(times):
        running.append(Process(world, topic, **SMALL_BATCHES))
        running[-1].wait_until_there_are(world, topic, published + 200)
        os.kill(running[-1].process.pid, signal.SIGKILL)
        running[-1].process.wait()
        published = sum(world.kafka.end_offsets(topic).values())
    running.append(Process(world, topic))
    assert running[-1].wait() == 0, running[-1].output
    already = len(labels_in(world.kafka, topic))
    assert already == EVENTS
    assert f"{EVENTS:,} events by" in running[-1].output
    assert "those of this window stay as they are" in running[-1].output
    every = {f"{world.input}-{p}-{n}" for p in range(PARTITIONS) for n in range(EVENTS // PARTITIONS)}
    assert labels_in(world.kafka, topic).keys() == every


def test_asked_to_stop_it_says_how_to_go_on(world: World, running: list[Process]) -> None:
    running.append(Process(world, "relabel-killed.stopped", **SMALL_BATCHES))
    running[-1].wait_until_there_are(world, "relabel-killed.stopped", 0)
    running[-1].process.send_signal(signal.SIGINT)
    assert running[-1].wait() == EXIT_FAILED
    assert "the same command goes on behind what is published" in running[-1].output
    assert "Traceback" not in running[-1].output
    assert 0 < len(labels_in(world.kafka, "relabel-killed.stopped")) < EVENTS


@pytest.mark.long
def test_of_two_at_once_the_later_one_goes_on_alone(world: World, running: list[Process]) -> None:
    topic = "relabel-killed.twins"
    running.append(Process(world, topic, **SMALL_BATCHES))
    running[0].wait_until_there_are(world, topic, 0)
    running[0].process.send_signal(signal.SIGSTOP)
    running.append(Process(world, topic))
    assert running[1].wait() == 0, running[1].output
    running[0].process.send_signal(signal.SIGCONT)
    assert running[0].wait() != 0
    assert "another process does the same work" in running[0].output
    assert len(labels_in(world.kafka, topic)) == EVENTS
