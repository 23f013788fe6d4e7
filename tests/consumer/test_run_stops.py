"""Stops and rebalances in the middle of a stream that goes on: nothing is missing, and a stop doubles nothing."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import pytest

from consumer.records.incoming import last_header
from tests.deploy.processes import settings
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish
from tests.support.service_process import PATIENT_GROUP, ServiceProcess, committed, wait_until_worked_through
from training.sample import sample_events

GROUP = "stops"
LINES = 1_000
CHUNK = 100
PAUSE_S = 0.02
WARM_UP = 1_000
"""Events that a service has labelled before it is stopped."""


class Stream:
    """An input topic, what came of it, and the service that labels it at present."""

    def __init__(self, kafka: KafkaServer, directory: Path) -> None:
        self._kafka = kafka
        self._directory = directory
        # Small batches, so that a stop falls among many of them.
        self._environment = settings(kafka, GROUP) | PATIENT_GROUP | {"LOGSLUICE_BATCH_MAX_EVENTS": "500"}
        topics = [
            self._environment[f"LOGSLUICE_{kind}_TOPIC"]
            for kind in ("INPUT", "OUTPUT", "DEAD_LETTER", "VERDICTS")
        ]
        kafka.create_topics(*topics)
        self.input, self.output, *_ = topics
        self._events = cycle(list(islice(sample_events(templates=20, seed=9), LINES)))
        self.service = self.start()

    def start(self) -> ServiceProcess:
        """Start one more service of the group."""
        return ServiceProcess(self._directory, self._environment)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Publish events without end as long as the context lasts, and a few more behind it."""
        ended = threading.Event()

        def ship() -> None:
            while not ended.wait(PAUSE_S):
                self._ship()

        with ThreadPoolExecutor(1) as pool:
            shipping = pool.submit(ship)
            try:
                yield
            finally:
                ended.set()
            shipping.result(60)
        self._ship()

    def _ship(self) -> None:
        publish(self._kafka, self.input, map(Raw, islice(self._events, CHUNK)))

    def committed(self) -> dict[int, int]:
        """Return how many events of each partition are committed."""
        return committed(self._kafka, GROUP, self.input)

    def ends(self) -> dict[int, int]:
        """Return how many events each partition holds."""
        return self._kafka.end_offsets(self.input)

    def labelled(self) -> Counter[str]:
        """Return how often each event id is in the output."""
        return Counter(
            last_header(record, "event_id").decode() for record in self._kafka.read_all(self.output)
        )

    def ids(self, upto: dict[int, int]) -> Counter[str]:
        """Return the ids of the events before an offset of each partition, once each."""
        return Counter(f"{self.input}-{p}-{offset}" for p, end in upto.items() for offset in range(end))

    def wait_until_worked_through(self) -> None:
        """Return when all that was published is committed."""
        wait_until_worked_through(self._kafka, GROUP, self.input)


@pytest.fixture(scope="module")
def stream(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream with a service that is ready."""
    stream = Stream(kafka, tmp_path_factory.mktemp(GROUP))
    try:
        stream.service.wait_until_ready()
        yield stream
    finally:
        stream.service.__exit__(None, None, None)


@pytest.mark.timeout(240)
def test_a_service_stopped_in_the_middle_has_published_what_is_committed(stream: Stream) -> None:
    with stream.flowing():
        already = stream.service.total("logsluice_events_labelled_total")
        stream.service.wait_until_total("logsluice_events_labelled_total", already + WARM_UP)
        assert stream.service.stop(signal.SIGTERM) == 0
    done = stream.committed()
    assert sum(stream.ends().values()) > sum(done.values()) >= WARM_UP
    assert stream.labelled() == stream.ids(done)
    assert [entry["signal"] for entry in stream.service.logged("stopping")] == ["SIGTERM"]
    assert stream.service.logged("stopped")

    stream.service = stream.start()
    stream.wait_until_worked_through()
    assert stream.labelled() == stream.ids(stream.ends())


@pytest.mark.timeout(240)
def test_a_replica_that_comes_and_goes_leaves_nothing_out(stream: Stream) -> None:
    stream.service.wait_until_ready()
    with stream.flowing(), stream.start() as second:
        second.wait_until_ready()
        second.wait_until_total("logsluice_events_labelled_total", WARM_UP)
        wait_until(
            lambda: partitions(second) | partitions(stream.service) == set("0123"), "all have an owner"
        )
        assert partitions(second)
        assert partitions(stream.service)
        assert second.stop(signal.SIGINT) == 0
        assert [entry["signal"] for entry in second.logged("stopping")] == ["SIGINT"]
    wait_until(lambda: partitions(stream.service) == set("0123"), "the first has all partitions again")
    stream.wait_until_worked_through()
    assert stream.labelled().keys() == stream.ids(stream.ends()).keys()


@pytest.mark.timeout(240)
def test_what_is_committed_is_no_lag_of_a_replica_that_has_consumed_nothing(stream: Stream) -> None:
    with stream.flowing():
        already = stream.service.total("logsluice_events_labelled_total")
        stream.service.wait_until_total("logsluice_events_labelled_total", already + WARM_UP)
    stream.wait_until_worked_through()
    with stream.start() as idle:
        idle.wait_until_ready()
        wait_until(lambda: len(partitions(idle)) == 2, "the idle replica has its share")
        wait_until(lambda: set(idle.series("logsluice_consumer_lag").values()) == {0}, "it has no lag", 5)
        assert idle.stop() == 0


def partitions(service: ServiceProcess) -> set[str]:
    """Return the partitions that a service consumes at present."""
    return {partition for _, partition, _ in service.series("logsluice_consumer_lag")}
