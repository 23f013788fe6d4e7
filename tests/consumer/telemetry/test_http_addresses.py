"""The addresses and ports that the service can listen on, and those that it cannot."""

from contextlib import closing
from http.client import HTTPConnection

import pytest

from consumer.errors import EXIT_FAILED, ConsumerError
from consumer.telemetry.health import Health
from consumer.telemetry.http import HttpServer
from consumer.telemetry.metrics import Metrics
from tests.consumer.telemetry.test_http import get


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(("Error",))


@pytest.mark.parametrize(
    ("host", "clients", "address"),
    [
        ("::1", ["::1"], "[::1]"),
        ("[::1]", ["::1"], "[::1]"),
        ("::", ["::1", "127.0.0.1"], "[::]"),
        ("localhost", ["localhost"], "localhost"),
        ("0.0.0.0", ["127.0.0.1"], "0.0.0.0"),
    ],
)
def test_every_kind_of_address_can_be_served(
    metrics: Metrics, host: str, clients: list[str], address: str
) -> None:
    server = HttpServer(host, 0, metrics, Health())
    try:
        assert server.address == f"{address}:{server.port}"
        for client in clients:
            with closing(HTTPConnection(client, server.port, timeout=20)) as connection:
                connection.request("GET", "/livez")
                assert connection.getresponse().status == 200
    finally:
        server.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_a_sentence_about_the_host(metrics: Metrics, host: str) -> None:
    with pytest.raises(
        ConsumerError, match=r"^cannot listen on .*; set LOGSLUICE_HTTP_HOST to an address of this"
    ):
        HttpServer(host, 0, metrics, Health())


def test_a_port_that_is_taken_is_a_sentence(metrics: Metrics) -> None:
    with closing(HttpServer("127.0.0.1", 0, metrics, Health())) as server:
        with pytest.raises(ConsumerError) as caught:
            HttpServer("127.0.0.1", server.port, metrics, Health())
        assert str(caught.value).startswith(f"cannot listen on 127.0.0.1:{server.port} (")
        assert str(caught.value).endswith("set LOGSLUICE_HTTP_PORT to a free port, 0 takes any")
        assert caught.value.exit_code == EXIT_FAILED
        assert get(server, "/livez")[0] == 200


def test_an_address_that_is_none_is_a_sentence(metrics: Metrics) -> None:
    with pytest.raises(ConsumerError, match=r"cannot listen on 999\.0\.0\.1:0 \("):
        HttpServer("999.0.0.1", 0, metrics, Health())


def test_a_closed_server_leaves_its_port_free(metrics: Metrics) -> None:
    first = HttpServer("127.0.0.1", 0, metrics, Health())
    first.close()
    second = HttpServer("127.0.0.1", first.port, metrics, Health())
    assert get(second, "/livez")[0] == 200
    second.close()
