"""A broker that keeps its connections and answers nothing, as a machine that is out of memory does."""

import signal
from collections.abc import Iterator

import pytest

from tests.support.kafka_server import wait_until
from tests.support.quick_kafka import quick_kafka
from tests.support.real_kafka import require_kafka
from tests.support.world import World

NOTICED_WITHIN_S = 30.0
"""10 s until the group drops a member, 2 s until its next poll; and a machine that is busy with other tests."""


@pytest.fixture
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A broker of our own, which the test freezes."""
    require_kafka()
    server = quick_kafka(tmp_path_factory.mktemp("frozen")).start()
    try:
        yield World(server, tmp_path_factory.mktemp("frozen-run"), "frozen")
    finally:
        server.send(signal.SIGCONT)
        server.stop()


@pytest.mark.timeout(300)
def test_a_frozen_broker_makes_the_service_unready_until_it_answers_again(frozen: World) -> None:
    with frozen.start() as service:
        service.wait_until_ready()
        frozen.kafka.send(signal.SIGSTOP)
        wait_until(lambda: service.readiness()[0] == 503, "it is noticed", NOTICED_WITHIN_S)
        wait_until(lambda: bool(service.logged("not ready")), "the log says so")
        frozen.kafka.send(signal.SIGCONT)
        service.wait_until_ready()
        wait_until(lambda: len(service.logged("ready")) == 2, "the log says that it is ready again")
        assert service.logged("ready")[0]["topics"] == [frozen.input]
        assert service.stop() == 0
