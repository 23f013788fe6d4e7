"""A stream of events into a service that is to be mistreated: topics, a sender, replicas, and what came out."""

import itertools
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, IsolationLevel, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from faults.account import Account, Topics, account
from faults.hostile_records import HostileHeaders, hostile_headers, hostile_keys, hostile_values
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.odd_events import odd_events
from tests.support.service_process import ServiceProcess, committed
from tests.support.world import World
from training.sample import sample_events

PARTITIONS = 4
BATCH = 500
"""Events of a batch: small, so that a fault falls among many of them."""
KEYS = 200
TEMPLATES = 60
"""Few, since every start of a process meets each of them for the first time."""
PATIENCE_S = 180.0
ODD_TEMPLATES = 60
_OUTPUT_BYTES = 1 << 20
_INPUT_BYTES = 8 << 20


class Outcome(msgspec.Struct, frozen=True):
    """What a scenario came to. ``wrong`` is empty where every promise was kept."""

    scenario: str
    account: Account
    wrong: list[str]
    note: str = ""


class Stream(World):
    """A world with a sender whose events have keys, and that may be mistreated."""

    def __init__(self, kafka: KafkaServer, directory: Path, name: str, delivery: str, seed: int) -> None:
        limits = {"INPUT": _INPUT_BYTES, "DEAD_LETTER": _INPUT_BYTES}
        limits |= {"OUTPUT": _OUTPUT_BYTES, "PENDING": _OUTPUT_BYTES}
        changed = {"LOGSLUICE_DELIVERY": delivery, "LOGSLUICE_BATCH_MAX_EVENTS": str(BATCH)}
        super().__init__(kafka, directory, name, changed, max_record_bytes=limits, partitions=PARTITIONS)
        self.topics = Topics(self.input, self.output, self.pending, self.dead)
        self._events = sample_events(templates=TEMPLATES, seed=seed)
        self._odd_seed = seed
        self._failed: list[object] = []
        self._producer = Producer(
            {
                "bootstrap.servers": kafka.bootstrap_servers,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 20,
                "message.timeout.ms": 0,
                "message.max.bytes": _INPUT_BYTES,
                "partitioner": "murmur2_random",
                "delivery.report.only.error": True,
                "on_delivery": lambda error, _: self._failed.append(error),
                "log_level": 0,
            }
        )
        self._admin = kafka.admin()
        self._watcher = Consumer(
            {"bootstrap.servers": kafka.bootstrap_servers, "group.id": "watcher", "log_level": 0}
        )

    def close(self) -> None:
        """Let go of the clients."""
        self._watcher.close()

    def replica(self, instance: str = "a") -> ServiceProcess:
        """Start a replica; who calls ends it, or runs it as a context."""
        return self.start(INSTANCE=instance)

    def send(self, events: int, per_second: float | None = None) -> None:
        """Send so many sample events. Returns when the client has them, or at a rate."""
        began = time.monotonic()
        for number in range(events):
            self._send(next(self._events), str(number % KEYS).encode())
            if per_second and number % 100 == 0:
                time.sleep(max(0.0, number / per_second - (time.monotonic() - began)))

    def send_odd(self, events: int) -> None:
        """Send so many events that only an LLM can tell, of templates never sent before. They have no key.

        Nothing is promised of their order.
        """
        self._odd_seed += 1
        for event in itertools.islice(odd_events(ODD_TEMPLATES, self._odd_seed), events):
            self._send(event, None)

    def send_values(self, values: Iterable[bytes | None]) -> None:
        """Send records of any content, and wait until the broker has them."""
        for value in values:
            self._send(value, None)
        self.flush()

    def send_hostile(self, count: int, seed: int) -> None:
        """Send so many records whose values, keys and headers no sender should write, and wait until they are there."""
        for value, key, headers in zip(
            hostile_values(count, seed), hostile_keys(seed), hostile_headers(seed), strict=False
        ):
            self._send(value, key, headers)
        self.flush()

    def flush(self) -> None:
        """Wait until the broker has all that was sent."""
        assert self._producer.flush(PATIENCE_S) == 0, "the broker does not take the events"
        assert not self._failed, self._failed[0]

    def _send(self, value: bytes | None, key: bytes | None, headers: HostileHeaders | None = None) -> None:
        while True:
            try:
                self._producer.produce(self.topics.input, value, key, headers=[*(headers or [])])
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def published(self) -> int:
        """Return how far the output has grown: its records, and with transactions the markers among them."""
        ends = (
            self._watcher.get_watermark_offsets(TopicPartition(self.topics.output, number), timeout=15)[1]
            for number in range(PARTITIONS)
        )
        return sum(ends)

    def wait_for_progress(self, more: int) -> None:
        """Return when so much more is published."""
        self.wait_until_grown(self.published() + more)

    def wait_until_grown(self, least: int) -> None:
        """Return when the output has grown so far, as `published` says it."""
        wait_until(lambda: self.published() >= least, f"{self.name}: {least} are published", PATIENCE_S)

    def answers(self) -> bool:
        """Return whether the broker can say how far the output is: one that has just come back leads nothing yet."""
        try:
            self.published()
        except KafkaException:
            return False
        return True

    def in_transaction(self) -> bool:
        """Return whether a transaction is open that readers with ``read_committed`` wait for."""
        places = [TopicPartition(self.topics.output, number) for number in range(PARTITIONS)]
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        ends, stable = (
            self._admin.list_offsets(dict.fromkeys(places, latest), isolation_level=level, request_timeout=15)
            for level in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED)
        )
        return any(ends[place].result(15).offset != stable[place].result(15).offset for place in places)

    def left(self) -> int:
        """Return how many events are not committed yet."""
        return sum(self.ends().values()) - sum(self.committed().values())

    def is_at_work(self) -> bool:
        """Return whether events are left, without waiting for the transaction of a process that was killed to end."""
        done = committed(self.kafka, self.name, self.input, stable=False)
        return sum(self.ends().values()) > sum(done.values())

    def finish(self, *services: ServiceProcess) -> Account:
        """Wait until all that was sent is committed, and count. What is not by then is missing.

        Raises:
            AssertionError: a service that should work has ended.
        """
        self.flush()

        found: list[Account] = []

        def is_done() -> bool:
            for service in services:
                service.readiness()
            if self.left() > 0:
                return False
            found.append(account(self.kafka, self.topics))
            return found[-1].pending == 0

        with suppress(TimeoutError):
            wait_until(is_done, f"{self.name}: all is committed", PATIENCE_S)
        return found[-1] if found else account(self.kafka, self.topics)


def broken(found: Account, duplicates: int = 0, disorder: int = 0) -> list[str]:
    """Return what is wrong with an account, in words; so many duplicates and records out of order are allowed."""
    limits = {"missing": 0, "invented": 0, "duplicated": duplicates, "out_of_order": disorder, "pending": 0}
    wrong = [
        f"{name} is {getattr(found, name)}, at most {most} may be"
        for name, most in limits.items()
        if getattr(found, name) > most
    ]
    if found.events != found.labelled + found.pending + found.dead:
        wrong.append("events are not labelled + pending + dead")
    return wrong
