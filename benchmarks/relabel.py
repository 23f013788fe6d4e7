"""`python -m benchmarks.relabel`: `logsluice relabel` against `logsluice run`, on the same events in one run.

Both publish exactly once, on a real Kafka; they take turns. A rate is that of the second half of the events, whose
templates are known by then, by the times that the broker gave to what was published. CPU is that of the process, user
and system, over the second half; for `relabel` the reading of the labels before, which comes first, is given apart.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.streams import STREAMS
from benchmarks.throughput import EXACTLY_ONCE, LOGSLUICE, ROOT, Contender, cpu_s, ship, stop
from tests.support.kafka_server import KafkaServer

PATIENCE_S = 600.0
RELABEL = Contender(
    "logsluice relabel",
    (LOGSLUICE.command[0], "relabel", "--from", "1d", "--topic", "{out}"),
    LOGSLUICE.environment | {"LOGSLUICE_OUTPUT_TOPIC": "{labelled}"},
)


class Measured(NamedTuple):
    """Events a second and µs of CPU an event, over the second half; and s of CPU until the first was published."""

    rate: float
    cpu_us: float
    before_s: float


def measure(
    server: KafkaServer, contender: Contender, source: str, output: str, labelled: str, events: int
) -> Measured:
    """Run a contender over all events of a topic."""
    server.create_topics(output, config={"message.timestamp.type": "LogAppendTime"})
    names = {
        "servers": server.bootstrap_servers,
        "group": output,
        "in": source,
        "out": output,
        "labelled": labelled,
    }
    process = subprocess.Popen(
        [part.format(**names) for part in contender.command],
        env=os.environ | {name: value.format(**names) for name, value in contender.environment.items()},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    used: list[tuple[int, float]] = []
    """Records published, the marks of transactions with them, and s of CPU used by then."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not used or used[-1][0] < events:
            if time.monotonic() > deadline or process.poll() not in (None, 0):
                raise RuntimeError(f"{contender.name} ended or hung before it was through")
            try:
                seconds = cpu_s(process.pid)
            except FileNotFoundError:
                break  # it ended between two looks
            used.append((sum(server.end_offsets(output).values()), seconds))
            time.sleep(0.1)
    finally:
        if process.poll() is None:
            stop(process)
    times_ms = sorted(message.timestamp()[1] for message in server.read_all(output))
    if len(times_ms) != events:
        raise RuntimeError(f"{contender.name} published {len(times_ms):,} of {events:,} events")
    half = len(times_ms) // 2
    from_event, from_s = next(each for each in used if each[0] >= half)
    to_event, to_s = used[-1]
    return Measured(
        (len(times_ms) - half) / (times_ms[-1] - times_ms[half]) * 1000,
        (to_s - from_s) / max(1, to_event - from_event) * 1e6,
        max((seconds for count, seconds in used if count == 0), default=0.0),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stream", choices=STREAMS, default="corpus")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = KafkaServer(Path(directory) / "kafka").start()
        try:
            server.create_topics("raw", "logs.verdicts", "logs.dead")
            ship(server, "raw", STREAMS[options.stream](), options.events)
            ratios: list[tuple[float, float]] = []
            for number in range(options.rounds):
                labelled = f"labelled.{number}"
                run = measure(server, EXACTLY_ONCE, "raw", labelled, labelled, options.events)
                again = measure(server, RELABEL, "raw", f"relabelled.{number}", labelled, options.events)
                ratios.append((again.rate / run.rate, again.cpu_us / run.cpu_us))
                for name, each in ((EXACTLY_ONCE.name, run), (RELABEL.name, again)):
                    sys.stdout.write(
                        f"  round {number + 1}  {name:<28} {each.rate:>9,.0f}/s  {each.cpu_us:5.2f} µs an event, "
                        f"{each.before_s:.1f} s of CPU before the first\n"
                    )
                    sys.stdout.flush()
        finally:
            server.stop()
    rate, cpu = (statistics.median(each) for each in zip(*ratios, strict=True))
    sys.stdout.write(f"relabel / run: {rate:.2f} x events/s, {cpu:.2f} x CPU an event\n")


if __name__ == "__main__":
    main()
