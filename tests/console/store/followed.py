"""A store that follows topics of its own on a shared broker, in this process."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from console.store.follower import Follower
from console.store.metrics import StoreMetrics
from console.store.queries import templates
from console.store.rows import Filter, PageOf, TemplateRow
from console.store.store import Store
from consumer.settings import Settings
from pipeline.memory import VerdictMemory
from tests.console.store.follow import BOUNDS, LABELS, topics
from tests.support.kafka_server import KafkaServer, wait_until


class Followed:
    """Topics of a name, and the store that follows them in this process."""

    def __init__(self, kafka: KafkaServer, path: Path, name: str, warm_up_s: float = 0) -> None:
        self.kafka, self.name, self.path = kafka, name, path
        self.output, self.verdicts, self.dead = (
            f"{name}.{kind}" for kind in ("labelled", "verdicts", "dead")
        )
        self.settings = Settings(bootstrap_servers=kafka.bootstrap_servers, **topics(name))  # type: ignore[arg-type]
        self.warm_up_s = warm_up_s
        self.registry = CollectorRegistry()
        self.memory = VerdictMemory()

    def make_topics(self, partitions: int = 2) -> None:
        self.kafka.create_topics(self.output, self.verdicts, self.dead, partitions=partitions)

    @contextmanager
    def following(self) -> Iterator[Follower]:
        self.registry = CollectorRegistry()
        metrics = StoreMetrics(self.registry, LABELS)
        self.memory = VerdictMemory()
        follower = Follower(self.settings, self.path, BOUNDS, self.warm_up_s, metrics, self.memory, time.time)
        follower.start()
        try:
            yield follower
        finally:
            follower.close()

    def counts(self) -> Counter[str]:
        store = Store(self.path)
        with store.read() as connection:
            found = connection.execute("SELECT template, events FROM templates JOIN texts USING (number)")
            counts = Counter(dict(found.fetchall()))
        store.close()
        return counts

    def rows(self) -> dict[str, TemplateRow]:
        store = Store(self.path)
        with store.read() as connection:
            page = templates(connection, Filter(), PageOf(), int(time.time() * 1000))
        store.close()
        return {row.template: row for row in page.items}

    def wait_for(self, counts: dict[str, int]) -> None:
        wait_until(lambda: self.counts() == Counter(counts), f"the store has {counts}", 30)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"logsluice_{name}", labels) or 0
