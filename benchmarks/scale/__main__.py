"""``python -m benchmarks.scale``: what more load, more processes and more templates take.

Without options: the sizing table and the first day, by formula, from the figures of docs/performance.md and from the
bytes that are measured on the way. The table names what it assumes, and each assumption is an option.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.scale import processes, restart, sizes, tables
from benchmarks.scale.assumptions import PERFORMANCE, Assumptions, measured
from benchmarks.scale.sizing import LOADS, Load
from pipeline.bundle import Bundle, default_bundle, read_bundle
from tests.support.kafka_server import KafkaServer

MEANS = {
    "rate": "events/s of a process",
    "encoder": "new templates/s of a process",
    "resident_mb": "MB of a process that is ready",
    "ready_s": "seconds until a process is ready",
    "verdict_us": "µs to read a verdict at the start",
    "load": "share of the rate that is planned with",
    "by_rules": "share of the templates that a rule decides",
    "unsure": "share of the templates of which no tier is sure",
    "exponent": "the n-th most frequent template of a system comes in proportion to 1/n to this power",
    "max_templates": "MAX_TEMPLATES",
    "templates_per_call": "LLM__TEMPLATES_PER_CALL",
    "tokens_per_minute": "LLM__BUDGET__TOKENS_PER_MINUTE",
    "requests_per_minute": "LLM__BUDGET__REQUESTS_PER_MINUTE",
    "max_age_s": "PENDING_MAX_AGE_S",
}
"""What each assumption is, by its name."""


def main() -> None:
    """Measure, calculate and print."""
    options = _parser().parse_args()
    given = {name: value for name in MEANS if (value := getattr(options, name)) is not None}
    from_page = (
        {}
        if given.keys() >= {"rate", "encoder", "resident_mb", "ready_s"}
        else measured(PERFORMANCE.read_text(encoding="utf-8"))
    )
    assumed = msgspec.convert(from_page | given, Assumptions)
    bundle = read_bundle(default_bundle())
    if options.processes or options.verdicts:
        for table in _on_kafka(options, bundle):
            print(table)
        return
    found = sizes.measure(bundle, options.templates)
    loads = [Load(*options.load_of)] if options.load_of else LOADS
    for table in (
        tables.assumptions({MEANS[name]: value for name, value in msgspec.structs.asdict(assumed).items()}),
        tables.bytes_of(found),
        tables.memory(found.taken, assumed),
        tables.sizing(loads, assumed, found.taken),
        tables.templates(loads, assumed, found.taken),
        tables.skew(assumed),
        tables.first_day(loads, assumed, found.tokens_per_call),
        tables.check(assumed),
    ):
        print(table)


def _on_kafka(options: argparse.Namespace, bundle: Bundle) -> Iterator[tables.Table]:
    with tempfile.TemporaryDirectory() as directory:
        server = KafkaServer(Path(directory) / "kafka").start()
        try:
            if options.verdicts:
                numbers = [options.verdicts // 5, options.verdicts]
                yield tables.restart(restart.measure(server, Path(directory) / "kafka", bundle, numbers))
            if options.processes:
                numbers = sorted({1, *options.processes})
                yield tables.processes(processes.measure(server, numbers, options.events))
        finally:
            server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument(
        "--templates", type=int, default=100_000, help="templates that bytes are measured over"
    )
    parser.add_argument(
        "--load-of",
        type=int,
        nargs=3,
        metavar=("EVENTS_S", "SYSTEMS", "TEMPLATES"),
        help="your own, instead of four",
    )
    parser.add_argument(
        "--processes",
        type=int,
        action="append",
        help="on a real Kafka: measure so many in one group, and one",
    )
    parser.add_argument("--events", type=int, default=200_000, help="events for --processes")
    parser.add_argument("--verdicts", type=int, help="on a real Kafka: read a topic of so many at the start")
    for name, meaning in MEANS.items():
        whole = name in ("max_templates", "templates_per_call", "tokens_per_minute", "requests_per_minute")
        parser.add_argument(f"--{name.replace('_', '-')}", type=int if whole else float, help=meaning)
    return parser


if __name__ == "__main__":
    main()
