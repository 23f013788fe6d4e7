"""``logsluice classify`` of a long CSV whose lines differ in digits: ``python -m benchmarks.classify``.

Whole processes, with the native core and without in turn, and one with ten rows, which says what starting costs. CPU is
what compares on a busy machine; what both write must be the same.
"""

import argparse
import csv
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.streams import lines

_COMMAND = str(Path(sys.executable).with_name("logsluice"))
_CORES = ("native", "python")


class Cost(NamedTuple):
    """Seconds of a process: by the clock, and of CPU."""

    wall_s: float
    cpu_s: float


def write_csv(path: Path, rows: int) -> None:
    """Write a CSV of so many rows with the columns source and log_message."""
    events = map(msgspec.json.decode, itertools.islice(lines(), rows))
    with path.open("w", newline="", encoding="utf-8") as file:
        content = ((event["source"], event["log_message"]) for event in events)
        csv.writer(file, lineterminator="\n").writerows(itertools.chain([("source", "log_message")], content))


def classified(source: Path, core: str) -> Cost:
    """Label a file in a process of its own, into a file that is named after what it ran on."""
    command = [_COMMAND, "classify", str(source), "-o", str(source.with_suffix(f".{core}"))]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**os.environ, "LOGSLUICE_CORE": core}, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began, cpu_s)


def _least(costs: Iterable[Cost]) -> Cost:
    return Cost(*map(min, zip(*costs, strict=True)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2, help="the least of so many counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        long, short = Path(name, "long.csv"), Path(name, "short.csv")
        write_csv(long, options.rows)
        write_csv(short, 10)
        rounds = [{core: classified(long, core) for core in _CORES} for _ in range(options.rounds)]
        start = _least(classified(short, "native") for _ in range(options.rounds))
        if long.with_suffix(".native").read_bytes() != long.with_suffix(".python").read_bytes():
            raise SystemExit("the core has written something else than Python")
    costs = {core: _least(each[core] for each in rounds) for core in _CORES}
    for core, cost in costs.items():
        row_us = (cost.cpu_s - start.cpu_s) / options.rows * 1e6
        print(
            f"{core}: {options.rows / cost.wall_s:,.0f} rows/s; {cost.wall_s:.2f} s, {cost.cpu_s:.2f} s of CPU, "
            f"{row_us:.2f} µs of CPU a row without the start"
        )
    native, python = (costs[core] for core in _CORES)
    print(f"ten rows: {start.wall_s:.2f} s, {start.cpu_s:.2f} s of CPU")
    times, cpu = python.wall_s / native.wall_s, python.cpu_s / native.cpu_s
    print(f"without the core {times:.1f} times as long, {cpu:.1f} times the CPU")


if __name__ == "__main__":
    main()
