"""What the console's store costs: ``python -m benchmarks.console``. Following, size, and the queries of the pages."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from console.store import queries
from console.store.detail import template
from console.store.follower import Follower
from console.store.labelled import labelled_reader
from console.store.metrics import StoreMetrics
from console.store.rows import Filter, PageOf
from console.store.schema import HOUR_MS, MINUTE_MS, open_writer
from console.store.store import Store
from console.store.tally import count_labelled
from console.store.timeline import counts
from console.store.upkeep import Bounds
from console.store.writer import Batch, Writer
from consumer.settings import Settings
from pipeline.memory import VerdictMemory
from pipeline.verdict import TIERS
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish

LABELS = ("Security Alert", "Critical Error", "Error", "Workflow Error", "User Action", "HTTP Status")
WORDS = [
    "connection",
    "request",
    "session",
    "block",
    "replica",
    "handler",
    "user",
    "order",
    "payment",
    "worker",
    "queue",
    "timeout",
    "refused",
    "closed",
    "opened",
    "failed",
    "retry",
    "packet",
    "router",
    "volume",
    "snapshot",
    "index",
    "shard",
    "leader",
    "election",
    "commit",
    "offset",
    "token",
    "cache",
    "thread",
]
BATCH = 20_000
RETENTION_MS = 30 * 24 * HOUR_MS
Record = tuple[bytes, int]


def record(number: int, time_ms: int) -> Record:
    """Return a labelled record of a template; half of the records are text that is not counted, as in a real stream."""
    choose = random.Random(number)
    text = " ".join(choose.choices(WORDS, k=choose.randint(6, 18)))
    kind = choose.randrange(len(LABELS))
    said = {
        "label": LABELS[kind],
        "confidence": round(choose.random(), 4),
        "tier": TIERS[choose.randrange(len(TIERS))],
        "rule": None,
        "template": f"{text} <num> of <ip> in {number:x}",
        "best_guess": None,
        "bundle": "default@3f9c2a1",
        "event_id": f"logs.raw-3-{number}",
    }
    event = {"source": f"service-{number % 200}", "log_message": f"{text} 17 of 192.0.2.7 in {number}"}
    return msgspec.json.encode({**event, "classification": said}), time_ms


def follow(writer: Writer, batches: Iterator[list[Record]], now_ms: int) -> float:
    """Read and write batches as the follower does; return the seconds of processor time that an event takes."""
    read = labelled_reader()
    events, spent = 0, 0.0
    for batch in batches:
        begin = time.process_time()
        writer.write(Batch(count_labelled(batch, read, now_ms), (), ()), now_ms)
        spent += time.process_time() - begin
        events += len(batch)
    return spent / events


def usual(templates: int, events: int, now_ms: int) -> Iterator[list[Record]]:
    """Yield batches of a stream of some templates, a few of which are most of it."""
    choose = random.Random(1)
    known = [record(number, now_ms)[0] for number in range(templates)]
    weights = [1 / (place + 1) for place in range(templates)]
    for _ in range(events // BATCH):
        yield [
            (value, now_ms - choose.randrange(MINUTE_MS)) for value in choose.choices(known, weights, k=BATCH)
        ]


def growing(templates: int, now_ms: int) -> Iterator[list[Record]]:
    """Yield batches in which every event is one of a template of its own, over six hours."""
    for start in range(0, templates, BATCH):
        at = now_ms - 6 * HOUR_MS + 6 * HOUR_MS * start // templates
        yield [record(number, at + number % MINUTE_MS) for number in range(start, start + BATCH)]


def from_kafka(directory: Path, events: int, now_ms: int) -> tuple[float, float]:
    """Return events a second, and seconds of processor time an event, of a store that follows a real Kafka.

    The processor time is that of the whole process, with the threads of the Kafka client.
    """
    server = KafkaServer(directory / "kafka").start()
    try:
        server.create_topics("logs.labelled", "logs.dead", "logs.verdicts")
        publish(
            server,
            "logs.labelled",
            (Raw(value, timestamp_ms=at) for batch in usual(2_000, events, now_ms) for value, at in batch),
        )
        settings = Settings(bootstrap_servers=server.bootstrap_servers)
        metrics = StoreMetrics(CollectorRegistry(), LABELS)
        bounds = Bounds(RETENTION_MS, 500_000, 10_000_000)
        follower = Follower(
            settings, directory / "followed.db", bounds, 0, metrics, VerdictMemory(), time.time
        )
        begin, spent = time.perf_counter(), time.process_time()
        follower.start()
        with closing(follower):
            read = metrics.read.labels("logs.labelled")
            wait_until(lambda: read._value.get() >= events, "all is read", 600)
            return events / (time.perf_counter() - begin), (time.process_time() - spent) / events
    finally:
        server.stop()


def median_ms(ask: Callable[[], object]) -> float:
    """Return how long a query takes: the median of five, in ms."""
    taken = []
    for _ in range(5):
        begin = time.thread_time()
        ask()
        taken.append(time.thread_time() - begin)
    return sorted(taken)[2] * 1000


def page_queries(store: Store, now_ms: int) -> dict[str, Callable[[], object]]:
    """Return the queries of the pages, by what they are for."""

    def asked(query: Callable[..., object], *arguments: object) -> Callable[[], object]:
        def ask() -> object:
            with store.read() as connection:
                return query(connection, *arguments)

        return ask

    def list_of(wanted: Filter, page: PageOf | None = None) -> Callable[[], object]:
        return asked(queries.templates, wanted, page or PageOf(), now_ms)

    with store.read() as connection:
        one = queries.templates(connection, Filter(), PageOf(), now_ms)
    return {
        "templates": list_of(Filter()),
        "templates, second page": list_of(Filter(), PageOf(cursor=one.next)),
        "templates of a label": list_of(Filter(labels=("Security Alert",))),
        "templates of a source": list_of(Filter(source="service-7")),
        "unsure templates": list_of(Filter(max_confidence=0.5), PageOf(order="confidence")),
        "search, found often": list_of(Filter(search="connection")),
        "search, found once": list_of(Filter(search="in 3039f")),
        "search, found never": list_of(Filter(search="no such words")),
        "search and label": list_of(Filter(search="router volume", labels=("Error",))),
        "a template": asked(template, one.items[0].id, now_ms),
        "top of an hour": asked(queries.top, 20, 3600, now_ms),
        "top of a day": asked(queries.top, 20, 86_400, now_ms),
        "top of a label": asked(queries.top, 20, 3600, now_ms, ("Error",)),
        "new": asked(queries.new, now_ms - HOUR_MS, now_ms),
        "review": asked(queries.review_queue, 50, Filter(), now_ms),
        "counts of an hour": asked(counts, 3600, 60, now_ms),
        "counts of a week": asked(counts, 7 * 86_400, 3600, now_ms),
        "totals": asked(queries.totals),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", type=int, default=500_000)
    parser.add_argument("--events", type=int, default=400_000, help="events of the stream of 2,000 templates")
    options = parser.parse_args()
    now_ms = int(time.time() * 1000)
    table = Table("what", "measured", "target", title="the console's store", title_justify="left")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "store.db"
        writer = Writer(open_writer(path), RETENTION_MS)
        grown = follow(writer, growing(options.templates, now_ms), now_ms)
        writer.set_meta("warm_until_ms", now_ms)
        table.add_row("every event a new template", f"{1 / grown:,.0f} events/s", "")
        usual_s = follow(writer, usual(2_000, options.events, now_ms), now_ms)
        table.add_row("events of 2,000 templates", f"{1 / usual_s:,.0f} events/s on one core", ">= 50,000")
        writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        table.add_row(
            f"file, {options.templates:,} templates", f"{path.stat().st_size / 1e6:,.0f} MB", "< 1,000 MB"
        )
        rate, cost = from_kafka(Path(directory), options.events, now_ms)
        table.add_row(
            "following a real Kafka", f"{rate:,.0f} events/s, {1 / cost:,.0f} a core second", ">= 50,000"
        )
        store = Store(path)
        for name, ask in page_queries(store, now_ms).items():
            table.add_row(name, f"{median_ms(ask):.1f} ms", "< 100 ms")
        store.close()
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
