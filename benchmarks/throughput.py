"""Events a second, whole: a real Kafka, one process that consumes and produces, nothing else on the machine.

Every contender gets the same events in one go. The first half is met cold (each template for the first time),
the second half warm. When a record was published is the time that the broker gave it (LogAppendTime); starting
up is not counted. Contenders run alternately, several rounds; the table shows medians and the ratio to the
passthrough. The client's CPU is that of its process, user and system, over the second half.
"""

import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from confluent_kafka import Producer

from tests.support.kafka_server import KafkaServer

ROOT = Path(__file__).parent.parent
_RUN_PATIENCE_S = 300.0


class Contender(msgspec.Struct, frozen=True):
    """A process to measure; ``{servers}``, ``{group}``, ``{in}``, ``{out}`` of its command are filled in."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}


class Rates(msgspec.Struct, frozen=True):
    """One run: events a second over the first and the second half, and µs of CPU for each event of the second."""

    cold: float
    warm: float
    cpu_us: float


PASSTHROUGH = Contender(
    "passthrough", (sys.executable, "-m", "benchmarks.passthrough", "{servers}", "{group}", "{in}", "{out}")
)
LOGSLUICE = Contender(
    "logsluice run",
    (str(Path(sys.executable).with_name("logsluice")), "run"),
    {
        "LOGSLUICE_BOOTSTRAP_SERVERS": "{servers}",
        "LOGSLUICE_GROUP_ID": "{group}",
        "LOGSLUICE_INPUT_TOPIC": "{in}",
        "LOGSLUICE_OUTPUT_TOPIC": "{out}",
        "LOGSLUICE_HTTP_PORT": "0",
    },
)
EXACTLY_ONCE = Contender(
    "logsluice run, exactly-once",
    LOGSLUICE.command,
    LOGSLUICE.environment | {"LOGSLUICE_DELIVERY": "exactly-once"},
)
PYTHON_ALONE = Contender(
    "logsluice run, without the native core",
    LOGSLUICE.command,
    LOGSLUICE.environment | {"LOGSLUICE_CORE": "python"},
)
NO_HEADERS = Contender(
    "logsluice run, no headers",
    LOGSLUICE.command,
    LOGSLUICE.environment | {"LOGSLUICE_OUTPUT_HEADERS": "none"},
)


def ship(server: KafkaServer, topic: str, stream: Iterator[bytes], events: int) -> None:
    """Fill a topic with events, evenly over its partitions, compressed as a shipper would."""
    producer = Producer(
        {
            "bootstrap.servers": server.bootstrap_servers,
            "compression.type": "lz4",
            "linger.ms": 20,
            "acks": "all",
            "queue.buffering.max.messages": 500_000,
        }
    )
    for number, event in enumerate(itertools.islice(stream, events)):
        producer.produce(topic, event, partition=number % 4)
        if number % 10_000 == 0:
            producer.poll(0)
            while len(producer) > 300_000:
                producer.poll(0.1)
    producer.flush()


def start(contender: Contender, server: KafkaServer, source: str, output: str) -> "subprocess.Popen[bytes]":
    """Start a contender."""
    names = {"servers": server.bootstrap_servers, "group": output, "in": source, "out": output}
    environment = {name: value.format(**names) for name, value in contender.environment.items()}
    return subprocess.Popen(
        [part.format(**names) for part in contender.command],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop a contender as an operator would."""
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def measure(server: KafkaServer, contender: Contender, source: str, run: int, events: int) -> Rates:
    """Run one contender over all events of an input topic."""
    output = f"{source}.out.{re.sub('[^a-z0-9]+', '-', contender.name.lower())}.{run}"
    server.create_topics(output, config={"message.timestamp.type": "LogAppendTime"})
    process = start(contender, server, source, output)
    used: list[tuple[int, float]] = []
    """Events committed and published, and seconds of CPU used by then."""
    try:
        deadline = time.monotonic() + _RUN_PATIENCE_S
        while not used or used[-1][0] < events:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{contender.name} ended or hung before it was through")
            time.sleep(0.1)
            used_s = cpu_s(process.pid)
            committed = sum(max(0, offset) for offset in server.committed(output, source).values())
            # An event is through when it is both: some commit before they publish.
            used.append((min(committed, sum(server.end_offsets(output).values())), used_s))
    finally:
        stop(process)
    times_ms = sorted(message.timestamp()[1] for message in server.read_all(output))
    server.delete_topic(output)
    if len(times_ms) != events:
        raise RuntimeError(f"{contender.name} published {len(times_ms):,} records of {events:,} events")
    first, middle, last = times_ms[0], times_ms[len(times_ms) // 2], times_ms[-1]
    half = len(times_ms) / 2
    from_event, from_s = next(each for each in used if each[0] >= events / 2)
    to_event, to_s = next(each for each in used if each[0] >= events)
    cpu_us = (to_s - from_s) / max(1, to_event - from_event) * 1e6
    return Rates(half / (middle - first) * 1000, half / (last - middle) * 1000, cpu_us)


def cpu_s(process: int) -> float:
    """Return the seconds of CPU, user and system, that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(
    server: KafkaServer,
    source: str,
    stream: Iterator[bytes],
    contenders: Sequence[Contender],
    events: int,
    rounds: int,
) -> dict[str, list[Rates]]:
    """Return the runs of each contender over one stream; they take turns."""
    server.create_topics(source)
    ship(server, source, stream, events)
    runs: dict[str, list[Rates]] = {contender.name: [] for contender in contenders}
    for run in range(rounds):
        for contender in contenders:
            rates = measure(server, contender, source, run, events)
            runs[contender.name].append(rates)
            print(
                f"  {source}, round {run + 1}  {contender.name:<38} cold {rates.cold:>9,.0f}/s  "
                f"warm {rates.warm:>9,.0f}/s  {rates.cpu_us:5.2f} µs",
                flush=True,
            )
    return runs


class Against(msgspec.Struct, frozen=True):
    """A contender against the passthrough of the same round: the median ratio, the least and the greatest."""

    middle: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.least:.2f} to {self.most:.2f})"


def against(runs: Sequence[Rates], base: Sequence[Rates], of: Callable[[Rates], float]) -> Against:
    """Return how one contender does against another in the same rounds."""
    ratios = [of(run) / of(other) for run, other in zip(runs, base, strict=True)]
    return Against(statistics.median(ratios), min(ratios), max(ratios))
