import json
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consumer.errors import EXIT_FAILED, ConsumerError
from consumer.telemetry.comparison import Opinion
from consumer.telemetry.health import STALLED_AFTER_S, Health
from consumer.telemetry.http import HttpServer
from consumer.telemetry.metrics import Metrics
from pipeline.verdict import Verdict


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
    metrics: Metrics, health: Health, host: str, clients: list[str], address: str
) -> None:
    server = HttpServer(host, 0, metrics, health)
    try:
        assert server.address == f"{address}:{server.port}"
        for client in clients:
            with closing(HTTPConnection(client, server.port, timeout=20)) as connection:
                connection.request("GET", "/livez")
                assert connection.getresponse().status == 200
    finally:
        server.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_a_sentence_about_the_host(
    metrics: Metrics, health: Health, host: str
) -> None:
    with pytest.raises(
        ConsumerError, match=r"^cannot listen on .*; set LOGSLUICE_HTTP_HOST to an address of this"
    ):
        HttpServer(host, 0, metrics, health)


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


def test_a_port_that_is_taken_is_a_sentence(server: HttpServer, metrics: Metrics) -> None:
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


SECRET = "Card 4111 1111 1111 1111 of Jane refused"


def count_templates(metrics: Metrics) -> None:
    refused = Verdict("Error", 0.9, "embedding", "Card <num> of Jane refused")
    strange = Verdict("Unclassified", 0.3, "none", "flux at <hex> & more", best_guess="Error")
    metrics.count_labelled(["till"] * 3 + ["reactor"], [refused] * 3 + [strange])


def test_top_answers_with_the_templates_of_a_label(server: HttpServer, metrics: Metrics) -> None:
    count_templates(metrics)
    status, body = get(server, "/top?label=Error&limit=5")
    assert status == 200
    templates = [{"label": "Error", "count": 3, "source": "till", "template": "Card <num> of Jane refused"}]
    assert json.loads(body) == {"templates": templates, "other": 0}
    assert "4111" not in body


def test_top_answers_with_all_labels_where_none_is_named(server: HttpServer, metrics: Metrics) -> None:
    assert json.loads(get(server, "/top")[1]) == {"templates": [], "other": 0}
    count_templates(metrics)
    status, body = get(server, "/top")
    assert status == 200
    assert [(each["label"], each["count"]) for each in json.loads(body)["templates"]] == [
        ("Error", 3),
        ("Unclassified", 1),
    ]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("label=Eror", "label is one of Error, Unclassified"),
        ("label=", "label is one of Error, Unclassified"),
        ("label=%ff", "label is one of Error, Unclassified"),
        ("limit=0", "limit is a number from 1 to 1000"),
        ("limit=1001", "limit is a number from 1 to 1000"),
        ("limit=-1", "limit is a number from 1 to 1000"),
        ("limit=ten", "limit is a number from 1 to 1000"),
        ("limit=%C2%B2", "limit is a number from 1 to 1000"),
        (f"limit={'9' * 5_000}", "limit is a number from 1 to 1000"),
        ("label=Error&label=Unclassified", "/top takes label=... and limit=..., each once"),
        ("labels=Error", "/top takes label=... and limit=..., each once"),
    ],
)
def test_top_says_what_it_takes(server: HttpServer, query: str, sentence: str) -> None:
    status, body = get(server, f"/top?{query}")
    assert (status, json.loads(body)) == (400, {"error": sentence})


def test_differences_from_a_shadow_bundle_are_shown_the_most_frequent_first(
    server: HttpServer, metrics: Metrics
) -> None:
    assert json.loads(get(server, "/shadow")[1]) == {"bundle": None, "differences": [], "other": 0}
    metrics.shadow.begin("next@0000000", ("Error", "Unclassified"), 1_000)
    for template, count in (("rare", 1), ("frequent", 9)):
        live = Verdict("Error", 0.9, "embedding", template)
        metrics.shadow.put(live, Opinion("Unclassified", 0.5, "none", "Error"))
        metrics.count_labelled(["app"] * count, [live] * count)
    status, body = get(server, "/shadow?limit=1")
    assert status == 200
    assert json.loads(body) == {
        "bundle": "next@0000000",
        "differences": [
            {
                "label": "Error",
                "tier": "embedding",
                "shadow": {"label": "Unclassified", "confidence": 0.5, "tier": "none", "best_guess": "Error"},
                "count": 9,
                "source": "app",
                "template": "frequent",
            }
        ],
        "other": 1,
    }


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1&limit=2", "label=Error", "limit=1001"])
def test_a_wrong_question_about_the_shadow_is_a_sentence(server: HttpServer, query: str) -> None:
    status, body = get(server, f"/shadow?{query}")
    assert status == 400
    assert set(json.loads(body)) == {"error"}
