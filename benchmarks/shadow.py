"""``python -m benchmarks.shadow``: what a shadow bundle costs, on a real Kafka, with and without it in turns.

The shadow is the live bundle once more, with an encoder of its own: the dearest case. Two streams: one whose messages
differ in digits alone, where every template is known soon, and one of which 1 event in 20 has a template never seen
before. The service has a lag all the time. Ratios are of runs next to each other; on a machine that does other
work trust the ratio of CPU (the process's, user and system) over that of events a second.
"""

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import streams, throughput
from benchmarks.throughput import LOGSLUICE, Contender, against
from pipeline.bundle import default_bundle
from tests.support.kafka_server import KafkaServer

NEW = 0.05
"""The share of events with a template never seen before."""
_BATCH = {"LOGSLUICE_BATCH_MAX_EVENTS": "1000"}
"""So that a short stream is a lag until its end."""
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "sha")


def with_new_templates(seed: int = 1) -> Iterator[bytes]:
    """Yield the events of `benchmarks.streams.lines`; one in twenty has two words that no other has."""
    draw = Random(seed)
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for raw in streams.lines(seed):
        if draw.random() >= NEW:
            yield raw
            continue
        first, second = ("".join(draw.choices(_SYLLABLES, k=4)) for _ in range(2))
        event = decode(raw)
        yield msgspec.json.encode(
            event
            | {"log_message": f"{first} worker could not open the {second} queue: {event['log_message']}"}
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=400_000, help="events of the stream of known templates")
    parser.add_argument("--new-events", type=int, default=10_000, help="events of the stream with new ones")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each with and without the shadow")
    options = parser.parse_args()
    alone = Contender("without", LOGSLUICE.command, LOGSLUICE.environment | _BATCH)
    shadowed = Contender(
        "with a shadow",
        LOGSLUICE.command,
        alone.environment | {"LOGSLUICE_SHADOW_BUNDLE": str(default_bundle())},
    )
    table = Table("stream", "events/s", "CPU for each event", title="with a shadow bundle, against without")
    with tempfile.TemporaryDirectory() as directory:
        server = KafkaServer(Path(directory) / "kafka").start()
        try:
            server.create_topics("logs.dead", "logs.verdicts")
            for name, stream, events in (
                ("1 in 20 new", with_new_templates(), options.new_events),
                ("known templates", streams.lines(), options.events),
            ):
                topic = f"shadow.{name.replace(' ', '-')}"
                runs = throughput.compare(
                    server, topic, itertools.islice(stream, events), (alone, shadowed), events, options.rounds
                )
                ours, base = runs[shadowed.name], runs[alone.name]
                rate = against(ours, base, lambda each: each.warm)
                cpu = against(ours, base, lambda each: each.cpu_us)
                table.add_row(name, f"{rate} x", f"{cpu} x")
        finally:
            server.stop()
    Console().print(table)


if __name__ == "__main__":
    main()
