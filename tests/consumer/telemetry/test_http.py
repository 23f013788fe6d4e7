"""The service over HTTP: metrics, readiness, liveness, and clients that misbehave."""

import json
import socket
import struct
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consumer.telemetry.health import STALLED_AFTER_S, Health
from consumer.telemetry.http import HttpServer
from consumer.telemetry.metrics import Metrics


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(("Error", "Unclassified"))


@pytest.fixture
def server(health: Health, metrics: Metrics) -> Iterator[HttpServer]:
    server = HttpServer("127.0.0.1", 0, metrics, health)
    yield server
    server.close()


def get(server: HttpServer, path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def test_metrics_are_served_as_they_stand(server: HttpServer, metrics: Metrics) -> None:
    metrics.dead.labels("empty").inc(3)
    status, body = get(server, "/metrics")
    assert status == 200
    samples = [sample for family in text_string_to_metric_families(body) for sample in family.samples]
    values = {
        sample.labels["reason"]: sample.value
        for sample in samples
        if sample.name == "logsluice_dead_letters_total"
    }
    assert values["empty"] == 3
    assert values["not_json"] == 0


def test_readiness_says_what_stands_in_the_way(server: HttpServer, health: Health) -> None:
    health.set_unready("broker", 'no broker at "localhost:9092"\n')
    status, body = get(server, "/readyz")
    assert status == 503
    assert json.loads(body) == {
        "ready": False,
        "obstacles": {"broker": 'no broker at "localhost:9092"\n'},
        "degraded": {},
    }
    health.clear("broker")
    status, body = get(server, "/readyz")
    assert (status, json.loads(body)) == (200, {"ready": True, "obstacles": {}, "degraded": {}})


def test_liveness_follows_the_loop_and_not_the_broker(
    server: HttpServer, health: Health, clock: Clock
) -> None:
    health.set_unready("broker", "away")
    assert get(server, "/livez")[0] == 200
    clock.now += STALLED_AFTER_S
    status, body = get(server, "/livez")
    assert (status, json.loads(body)) == (503, {"alive": False})
    health.beat()
    assert get(server, "/livez")[0] == 200


@pytest.mark.parametrize("path", ["/", "/metric", "/livez/", "/../etc/passwd", "/%0d%0aX:y"])
def test_there_is_nothing_else(server: HttpServer, path: str) -> None:
    status, body = get(server, path)
    assert (status, json.loads(body)) == (
        404,
        {"error": "there are /metrics, /livez, /readyz, /top and /shadow"},
    )


def test_clients_that_hang_on_or_hang_up_disturb_nobody(
    server: HttpServer, capfd: pytest.CaptureFixture[str]
) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    rude = socket.create_connection(("127.0.0.1", server.port))
    rude.sendall(b"GET /metrics HT")
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.close()  # with a reset
    garbage = socket.create_connection(("127.0.0.1", server.port))
    garbage.sendall(b"\x16\x03\x01\x02\x00 is TLS\r\n\r\n")
    assert b"400" in garbage.recv(1_000)
    for client in (*silent, garbage):
        client.close()
    assert get(server, "/livez")[0] == 200
    assert capfd.readouterr() == ("", "")
