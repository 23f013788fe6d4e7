"""Stops and rebalances in the middle of a stream that goes on: nothing is missing, and a stop doubles nothing."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.service_process import PATIENT_GROUP, ServiceProcess
from tests.support.world import World
from training.sample import sample_events

GROUP = "stops"
LINES = 1_000
CHUNK = 100
PAUSE_S = 0.05
WARM_UP = 1_000
"""Events that a service has labelled before it is stopped."""


class Stream(World):
    """Events that go on flowing, and the service that labels them at present."""

    def __init__(self, kafka: KafkaServer, directory: Path, bundle: Path) -> None:
        # Small batches, so that a stop falls among many of them.
        small_batches = {"LOGSLUICE_BATCH_MAX_EVENTS": "500"}
        super().__init__(kafka, directory, GROUP, PATIENT_GROUP | small_batches, bundle=bundle)
        self._events = cycle(list(islice(sample_events(templates=20, seed=9), LINES)))
        self.service = self.start()

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
        self.publish(islice(self._events, CHUNK))


@pytest.fixture(scope="module")
def stream(kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream with a service that is ready."""
    stream = Stream(kafka, tmp_path_factory.mktemp(GROUP), small)
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
    assert stream.labelled_ids() == stream.ids(done)
    assert [entry["signal"] for entry in stream.service.logged("stopping")] == ["SIGTERM"]
    assert stream.service.logged("stopped")

    stream.service = stream.start()
    stream.wait_until_worked_through()
    assert stream.labelled_ids() == stream.ids(stream.ends())


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
    assert stream.labelled_ids().keys() == stream.ids(stream.ends()).keys()


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
