"""What an event costs the fast lane, decoded, labelled and encoded: ``python -m benchmarks.lane``, without Kafka.

CPU of one process, in µs, on both streams, with the native core and without, over the second half of the events. On a
busy machine the figures of two runs do not compare; those of one run do, for the lanes take turns.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import Message

from benchmarks.stages import default_cascade
from benchmarks.streams import STREAMS
from consumer.lanes.fast import FastProcessor
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from tests.support.consumed import consumed

_BATCH = 5_000


class Cost(NamedTuple):
    """µs of CPU for an event, and the share of the last events that the native core left to Python."""

    cpu_us: float
    left: float


def measure(values: Sequence[bytes]) -> dict[str, Cost]:
    """Return what each lane takes for the second half of the events, once it has seen the first."""
    cascade = {core: default_cascade() for core in ("native", "python")}
    lanes = {
        core: FastProcessor(Settings.model_validate({"core": core}), each, Metrics(each.bundle.labels))
        for core, each in cascade.items()
    }
    spent_s = dict.fromkeys(lanes, 0.0)
    left = 1.0
    measured = 0
    for start in range(0, len(values), _BATCH):
        batch = [consumed(value, offset=start + place) for place, value in enumerate(values[start:][:_BATCH])]
        core = lanes["native"]._native
        if core is not None:
            left = len(core.label(batch)[1]) / len(batch)
        is_warm = start >= len(values) // 2
        measured += len(batch) if is_warm else 0
        for name, lane in lanes.items():
            begin = time.process_time()
            _decide(lane, batch)
            if is_warm:
                spent_s[name] += time.process_time() - begin
    return {
        name: Cost(cpu_s / measured * 1e6, left if name == "native" else 1.0)
        for name, cpu_s in spent_s.items()
    }


def _decide(lane: FastProcessor, batch: Sequence[Message]) -> None:
    taken = 0
    while taken < len(batch):
        taken += lane.decide(batch[taken:]).taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="events of each half")
    options = parser.parse_args()
    for stream, begin in STREAMS.items():
        costs = measure(list(itertools.islice(begin(), 2 * options.events)))
        native, python = costs["native"], costs["python"]
        print(
            f"{stream}: {native.cpu_us:.1f} µs of CPU an event with the core, {python.cpu_us:.1f} without; "
            f"{native.cpu_us / python.cpu_us:.2f} of it; left to Python {native.left:.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
