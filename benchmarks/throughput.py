"""Events a second, whole: a real Kafka, one process that consumes and produces, nothing else on the machine.

Every contender gets the same events in one go. The first half is met cold (each template for the first time),
the second half warm. When a record was published is the time that the broker gave it (LogAppendTime); starting
up is not counted. Contenders run alternately, several rounds; the table shows medians and the ratio to the
passthrough.
"""

import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from confluent_kafka import Producer

from tests.support.kafka_server import KafkaServer
from training.sample import sample_events

ROOT = Path(__file__).parent.parent
INPUT = "bench.in"
_RUN_PATIENCE_S = 300.0


class Contender(msgspec.Struct, frozen=True):
    """A process to measure; ``{servers}``, ``{group}``, ``{in}``, ``{out}`` of its command are filled in."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}


class Rates(msgspec.Struct, frozen=True):
    """Events a second of one run, over the first and the second half of the events."""

    cold: float
    warm: float


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
QUIX_PYTHON = ROOT / ".venv-bench/bin/python"
QUIX = Contender(
    "Quix Streams, 8 rules",
    (
        str(QUIX_PYTHON),
        str(ROOT / "benchmarks/quix_streams_rules.py"),
        "{servers}",
        "{group}",
        "{in}",
        "{out}",
    ),
)


def ship(server: KafkaServer, topic: str, events: int, templates: int = 1_000) -> None:
    """Fill a topic with sample events, evenly over its partitions, compressed as a shipper would."""
    producer = Producer(
        {
            "bootstrap.servers": server.bootstrap_servers,
            "compression.type": "lz4",
            "linger.ms": 20,
            "acks": "all",
            "queue.buffering.max.messages": 500_000,
        }
    )
    for number, event in enumerate(itertools.islice(sample_events(templates), events)):
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


def measure(server: KafkaServer, contender: Contender, run: int, events: int) -> Rates:
    """Run one contender over all events of the input topic."""
    output = f"bench.out.{re.sub('[^a-z0-9]+', '-', contender.name.lower())}.{run}"
    server.create_topics(output, config={"message.timestamp.type": "LogAppendTime"})
    process = start(contender, server, INPUT, output)
    try:
        deadline = time.monotonic() + _RUN_PATIENCE_S
        while sum(max(0, offset) for offset in server.committed(output, INPUT).values()) < events:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{contender.name} ended or hung before it was through")
            time.sleep(1.0)
    finally:
        stop(process)
    times_ms = sorted(message.timestamp()[1] for message in server.read_all(output))
    server.delete_topic(output)
    first, middle, last = times_ms[0], times_ms[len(times_ms) // 2], times_ms[-1]
    half = len(times_ms) / 2
    return Rates(cold=half / (middle - first) * 1000, warm=half / (last - middle) * 1000)


def compare(server: KafkaServer, events: int, rounds: int) -> dict[str, Rates]:
    """Return the median rates of each contender; Quix Streams only where ``make bench`` has installed it."""
    contenders = [PASSTHROUGH, LOGSLUICE, EXACTLY_ONCE, *([QUIX] if QUIX_PYTHON.exists() else [])]
    server.create_topics(INPUT, "logs.dead", "logs.verdicts")
    ship(server, INPUT, events)
    runs: dict[str, list[Rates]] = {contender.name: [] for contender in contenders}
    for run in range(rounds):
        for contender in contenders:
            rates = measure(server, contender, run, events)
            runs[contender.name].append(rates)
            print(
                f"  round {run + 1}  {contender.name:<24} "
                f"cold {rates.cold:>9,.0f}/s  warm {rates.warm:>9,.0f}/s",
                flush=True,
            )
    return {
        name: Rates(statistics.median(r.cold for r in each), statistics.median(r.warm for r in each))
        for name, each in runs.items()
    }
