"""``make bench``: everything that is measured, in one run, on a real Kafka on this machine."""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import image_size, latency, otlp, stages, start_up, throughput
from benchmarks.peers import peers
from benchmarks.streams import STREAMS
from benchmarks.throughput import Contender, against
from tests.support.kafka_jars import KafkaMissingError
from tests.support.kafka_server import KafkaServer

CONTENDERS = [throughput.PASSTHROUGH, throughput.LOGSLUICE, throughput.PYTHON_ALONE]
ON_LINES = [throughput.EXACTLY_ONCE, throughput.NO_HEADERS]
TARGETS = {
    throughput.LOGSLUICE.name: ">= 0.55 x, CPU <= 1.9 x",
    throughput.PYTHON_ALONE.name: "CPU <= 2.8 x",
    throughput.NO_HEADERS.name: ">= 0.70 x",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000, help="events of each half of a run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the throughput comparison")
    parser.add_argument("--only-kafka", action="store_true", help="leave out what needs no Kafka")
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=[*STREAMS], help="what is labelled")
    options = parser.parse_args()
    console = Console(width=100)
    table = Table("what", "measured", "target", title="logsluice benchmarks", title_justify="left")

    others, missing = peers()
    for line in missing:
        console.print(line)
    if not options.only_kafka:
        _without_kafka(table)
    with tempfile.TemporaryDirectory() as directory:
        try:
            server = KafkaServer(Path(directory) / "kafka").start()
        except KafkaMissingError as error:
            console.print(table)
            raise SystemExit(f"no figures on Kafka: {error}") from error
        try:
            server.create_topics("logs.dead", "logs.verdicts")
            for stream in options.streams:
                half = _throughput(table, server, stream, 2 * options.events, options.rounds, others)
                waited = latency.measure(server, stream, half)
                table.add_row(
                    f"latency at {waited.events_per_second:,.0f} events/s; {stream}",
                    f"p50 {waited.p50_ms:.0f} ms, p99 {waited.p99_ms:.0f} ms",
                    "100 and 200 ms",
                )
            started = start_up.measure(server)
            table.add_row("start to ready", f"{started.ready_s:.1f} s", "< 2 s; 5.4 s with PyTorch")
            table.add_row(
                "resident memory when ready",
                f"{started.resident_mb:,.0f} MB",
                "< 350 MB; 820 MB with PyTorch",
            )
        finally:
            server.stop()
    console.print(table)


def _without_kafka(table: Table) -> None:
    """Add what the stages cost, and the sizes."""
    cascade = stages.default_cascade()
    for stage, cost in stages.per_event_us(cascade).items():
        table.add_row(f"{stage}", f"{cost:.2f} µs/event", "")
    of_otlp = otlp.measure(cascade)
    table.add_row(
        "OTLP in protobuf against the same events as JSON",
        f"{of_otlp.protobuf:,.0f} and {of_otlp.json:,.0f} events/s, {of_otlp.protobuf / of_otlp.json:.2f} x",
        ">= 0.5 x",
    )
    misses = stages.miss_path(cascade)
    ratio = misses.batched / misses.one_at_a_time
    table.add_row(
        "new templates, batched",
        f"{misses.batched:.0f}/s, {ratio:.1f} x one at a time",
        ">= 6 x; 196/s with PyTorch",
    )
    costs = stages.by_number_of_rules()
    growth = costs[1_000] / costs[10] - 1
    described = ", ".join(f"{number}: {cost:.2f} µs" for number, cost in costs.items())
    table.add_row("cost by number of rules", f"{described} ({growth:+.0%})", "< +10 %")
    del cascade
    table.add_row("logsluice --help", f"{start_up.command_s('--help'):.2f} s", "< 0.2 s")
    seconds = start_up.command_s("classify", "--format", "text", "-")
    table.add_row("classify, ten lines", f"{seconds:.2f} s", "< 1.2 s")
    table.add_row("base installation", f"{start_up.installed_mb():,.0f} MB", "< 350 MB; 6.3 GB with PyTorch")
    table.add_row("image, unpacked", f"{sum(image_size.parts_mb().values()):,.0f} MB", "< 450 MB")


def _throughput(
    table: Table, server: KafkaServer, stream: str, events: int, rounds: int, others: list[Contender]
) -> float:
    """Add what every contender does on a stream; return half of what logsluice labels of it in a second, warm."""
    contenders = [*CONTENDERS, *ON_LINES, *others] if stream == "lines" else CONTENDERS
    runs = throughput.compare(server, f"bench.{stream}", STREAMS[stream](), contenders, events, rounds)
    base = runs[throughput.PASSTHROUGH.name]
    for name, rates in runs.items():
        warm = against(rates, base, lambda each: each.warm)
        cpu = against(rates, base, lambda each: each.cpu_us)
        rate, cold = (median(each) for each in zip(*((r.warm, r.cold) for r in rates), strict=True))
        table.add_row(
            f"{name}; {stream}",
            f"{rate:,.0f} events/s warm, {cold:,.0f} cold; {warm} x, CPU {cpu} x",
            TARGETS.get(name, ""),
        )
    ours = runs[throughput.LOGSLUICE.name]
    if throughput.EXACTLY_ONCE.name in runs:
        lost = against(runs[throughput.EXACTLY_ONCE.name], ours, lambda each: each.warm)
        table.add_row(f"exactly-once against at-least-once; {stream}", f"{lost} x", ">= 0.9 x")
    return median(each.warm for each in ours) / 2


if __name__ == "__main__":
    main()
