"""``make bench``: everything that is measured, in one run, on a real Kafka on this machine."""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import latency, otlp, stages, start_up, throughput
from tests.support.kafka_jars import KafkaMissingError
from tests.support.kafka_server import KafkaServer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000, help="events of each half of a run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the throughput comparison")
    options = parser.parse_args()
    console = Console(width=100)
    table = Table("what", "measured", "target", title="logsluice benchmarks", title_justify="left")

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
    table.add_row("new templates, batched", f"{misses.batched:.0f}/s, {ratio:.1f} x one at a time", ">= 6 x")
    costs = stages.by_number_of_rules()
    growth = costs[1_000] / costs[10] - 1
    described = ", ".join(f"{number}: {cost:.2f} µs" for number, cost in costs.items())
    table.add_row("cost by number of rules", f"{described} ({growth:+.0%})", "< +10 %")
    del cascade
    table.add_row("logsluice --help", f"{start_up.command_s('--help'):.2f} s", "< 0.2 s")
    seconds = start_up.command_s("classify", "--format", "text", "-")
    table.add_row("classify, ten lines", f"{seconds:.2f} s", "< 1.2 s")
    table.add_row("base installation", f"{start_up.installed_mb():,.0f} MB", "< 350 MB")

    with tempfile.TemporaryDirectory() as directory:
        try:
            server = KafkaServer(Path(directory) / "kafka").start()
        except KafkaMissingError as error:
            console.print(table)
            raise SystemExit(f"no figures on Kafka: {error}") from error
        try:
            rates = throughput.compare(server, 2 * options.events, options.rounds)
            base = rates[throughput.PASSTHROUGH.name]
            for name, rate in rates.items():
                target = ">= 0.5 x" if name == throughput.LOGSLUICE.name else ""
                table.add_row(
                    f"{name}, warm", f"{rate.warm:,.0f} events/s, {rate.warm / base.warm:.2f} x", target
                )
                table.add_row(
                    f"{name}, cold", f"{rate.cold:,.0f} events/s, {rate.cold / base.cold:.2f} x", ""
                )
            lost = rates[throughput.EXACTLY_ONCE.name].warm / rates[throughput.LOGSLUICE.name].warm - 1
            table.add_row("exactly-once against at-least-once, warm", f"{lost:+.0%}", "> -15 %")
            half = rates[throughput.LOGSLUICE.name].warm / 2
            waited = latency.measure(server, half)
            table.add_row(
                f"latency at {waited.events_per_second:,.0f} events/s",
                f"p50 {waited.p50_ms:.0f} ms, p99 {waited.p99_ms:.0f} ms",
                "p99 < 300 ms",
            )
            started = start_up.measure(server)
            table.add_row("start to ready", f"{started.ready_s:.1f} s", "< 2 s")
            table.add_row("resident memory when ready", f"{started.resident_mb:,.0f} MB", "< 350 MB")
        finally:
            server.stop()
    console.print(table)


if __name__ == "__main__":
    main()
