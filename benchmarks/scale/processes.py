"""Several processes of one group on this machine, which share its cores with each other and with the broker.

All are ready and know the templates before the events come. What travels to other machines is the processor time that
an event takes all of them together; the rate here is bounded by the cores.
"""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.throughput import LOGSLUICE, start, stop
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish
from training.sample import sample_events

TEMPLATES = 200
WARM_UP = 20_000
_PATIENCE_S = 300.0


class Together(msgspec.Struct, frozen=True):
    """So many processes: events/s of all, from the first record published to the last; processor µs of an event."""

    processes: int
    rate: float
    cpu_us: float


def measure(server: KafkaServer, numbers: Sequence[int], events: int) -> list[Together]:
    """Measure each number of processes over the same events, one after the other."""
    server.create_topics("logs.dead", "logs.verdicts")
    stream = sample_events(TEMPLATES)
    warm_up = [*itertools.islice(stream, WARM_UP)]
    measured = [*itertools.islice(stream, events)]
    return [_measure(server, number, warm_up, measured) for number in numbers]


def _measure(server: KafkaServer, number: int, warm_up: Sequence[bytes], events: Sequence[bytes]) -> Together:
    source, output = f"scale.in.{number}", f"scale.out.{number}"
    partitions = max(4, number)
    server.create_topics(source, partitions=partitions)
    server.create_topics(output, partitions=partitions, config={"message.timestamp.type": "LogAppendTime"})
    processes = [start(LOGSLUICE, server, source, output) for _ in range(number)]
    try:
        wait_until(lambda: _members(server, output) == number, f"{number} members", _PATIENCE_S, 0.5)
        _ship(server, source, warm_up, partitions)
        _wait_until_through(server, output, source, len(warm_up))
        before_s = sum(_cpu_s(process.pid) for process in processes)
        _ship(server, source, events, partitions)
        _wait_until_through(server, output, source, len(warm_up) + len(events))
        used_s = sum(_cpu_s(process.pid) for process in processes) - before_s
    finally:
        for process in processes:
            stop(process)
    times_ms = sorted(message.timestamp()[1] for message in server.read_all(output))[len(warm_up) :]
    seconds = (times_ms[-1] - times_ms[0]) / 1000
    return Together(number, len(events) / seconds, used_s / len(events) * 1e6)


def _ship(server: KafkaServer, topic: str, events: Sequence[bytes], partitions: int) -> None:
    publish(server, topic, (Raw(value, partition=place % partitions) for place, value in enumerate(events)))


def _wait_until_through(server: KafkaServer, group: str, topic: str, events: int) -> None:
    wait_until(
        lambda: sum(max(0, offset) for offset in server.committed(group, topic).values()) >= events,
        f"{group} is through",
        _PATIENCE_S,
        0.5,
    )


def _members(server: KafkaServer, group: str) -> int:
    """Return how many members of a group have partitions."""
    admin = server.admin()  # kept until it is answered
    described = admin.describe_consumer_groups([group])[group].result(30)
    return sum(bool(member.assignment and member.assignment.topic_partitions) for member in described.members)


def _cpu_s(pid: int) -> float:
    """Return the processor seconds, of its own and of the system for it, that a process has used. Linux alone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
