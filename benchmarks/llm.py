"""What an LLM costs: how few calls it takes, and that the fast lane does not wait for it, whatever it does.

``python -m benchmarks.llm``; ``--events`` sets the length of the stream.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.support.chat_server import HANG, ChatServer, error
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.odd_events import answer, asking, odd_events
from tests.support.world import World
from training.sample import sample_events

ODD_EVERY = 20
"""One event in so many is of a source that only the LLM reads."""
PATIENCE_S = 600.0
WARM_AFTER = 0.3
"""The part of the stream after which most templates are known and the rate is taken."""


BEHAVIOURS = {
    "answers": answer,
    "answers 429 to everything": lambda request: error(429, (("retry-after", "5"),)),
    "takes 30 s": lambda request: HANG,
    "answers 503 to everything": lambda request: error(503),
}


def stream(events: int) -> Iterator[bytes]:
    """Yield the sample stream with odd events in it."""
    odd = odd_events()
    for number, event in enumerate(itertools.islice(sample_events(templates=300, seed=7), events)):
        yield event if number % ODD_EVERY else next(odd)


class Outcome(msgspec.Struct):
    """Events a second of the fast lane once warm; calls to the LLM and distinct templates asked about."""

    rate: float
    calls: int
    templates: int
    again: int


def measure(kafka: KafkaServer, name: str, events: int, server: ChatServer | None, drains: bool) -> Outcome:
    """Run the service over the stream; with ``drains``, until the LLM has labelled what waits, and once more."""

    def fast() -> float:
        return service.series("logsluice_events_consumed_total")["fast",]

    with tempfile.TemporaryDirectory() as directory:
        world = World(kafka, Path(directory), name, None if server is None else asking(server))
        world.publish(stream(events))
        with world.start() as service:
            service.wait_until_ready()
            wait_until(lambda: fast() >= events * WARM_AFTER, "warm", PATIENCE_S)
            started, already = time.monotonic(), fast()
            wait_until(lambda: fast() >= events, "all consumed", PATIENCE_S)
            rate = (events - already) / (time.monotonic() - started)
            if drains:
                world.wait_until_published(events, PATIENCE_S)
            service.stop()
        calls = len(server.requests) if server else 0
        asked = {row["template"] for request in server.requests for row in request.asked} if server else set()
        if drains:
            world.publish(itertools.islice(stream(events), 20_000))
            with world.start() as service:
                service.wait_until_ready()
                wait_until(lambda: fast() >= 20_000, "the rerun is consumed", PATIENCE_S)
                service.stop()
        again = len(server.requests) - calls if server else 0
    return Outcome(rate, calls, len(asked), again)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events of each stream")
    events = parser.parse_args().events
    table = Table("the LLM", "fast lane", "calls", "templates asked", title="logsluice and an LLM")
    with tempfile.TemporaryDirectory() as directory:
        kafka = KafkaServer(Path(directory) / "kafka").start()
        try:
            base = measure(kafka, "none", events, None, drains=False)
            table.add_row("is not configured", f"{base.rate:,.0f} events/s", "", "")
            for number, (name, respond) in enumerate(BEHAVIOURS.items()):
                with ChatServer() as server:
                    server.respond = respond
                    found = measure(kafka, f"llm-{number}", events, server, drains=respond is answer)
                calls = (
                    f"{found.calls}, after a restart {found.again}" if respond is answer else str(found.calls)
                )
                table.add_row(
                    name,
                    f"{found.rate:,.0f} events/s, {found.rate / base.rate:.2f} x",
                    calls,
                    str(found.templates),
                )
        finally:
            kafka.stop()
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
