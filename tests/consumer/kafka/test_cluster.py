"""What `check` and `run` say of a cluster that cannot be reached, or only in part."""

import re
import socket
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.errors import EXIT_BROKER, BrokerError, RefusedError
from consumer.kafka.cluster import topics_of, wait_for_topics
from consumer.settings import Settings
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.quick_kafka import quick_kafka
from tests.support.real_kafka import require_kafka

UNKNOWN_HOST = "kafka.no-such-host.invalid"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A broker with listeners that name addresses where it is not."""
    require_kafka()
    server = quick_kafka(
        tmp_path_factory.mktemp("cluster"),
        listeners={"PORT": "PLAINTEXT", "HOST": "PLAINTEXT"},
        advertised={"PORT": f"127.0.0.1:{free_port()}", "HOST": f"{UNKNOWN_HOST}:9092"},
    ).start()
    yield server
    server.stop()


def refusal(
    bootstrap_servers: str, timeout_s: float = 3.0, kafka: dict[str, str] | None = None
) -> BrokerError:
    settings = Settings(bootstrap_servers=bootstrap_servers, kafka=kafka or {})
    with pytest.raises(BrokerError) as caught:
        topics_of(settings, timeout_s)
    assert caught.value.exit_code == EXIT_BROKER
    return caught.value


def test_a_port_where_nobody_listens_is_named_with_the_reason() -> None:
    port = free_port()
    sentence = str(refusal(f"127.0.0.1:{port}", timeout_s=1.0))
    assert sentence.startswith(
        f"the broker at 127.0.0.1:{port} does not answer: 127.0.0.1:{port}/bootstrap: Connect to"
    )
    assert sentence.endswith("Connection refused")


def test_a_host_that_does_not_resolve_is_named() -> None:
    sentence = str(refusal(f"{UNKNOWN_HOST}:9092"))
    assert f"Failed to resolve '{UNKNOWN_HOST}:9092'" in sentence


def test_a_port_that_says_nothing_is_named() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        assert str(refusal(at, timeout_s=1.0)).startswith(f"the broker at {at} does not answer: ")


def test_tls_to_a_listener_without_it_is_named(cluster: KafkaServer) -> None:
    sentence = str(refusal(cluster.bootstrap_servers, kafka={"security.protocol": "SSL"}))
    assert "SSL handshake failed" in sentence
    assert "connecting to a PLAINTEXT broker listener?" in sentence


def test_sasl_to_a_listener_without_it_is_refused(cluster: KafkaServer) -> None:
    properties = {"sasl.mechanism": "PLAIN", "sasl.username": "me", "sasl.password": "secret"}
    error = refusal(cluster.bootstrap_servers, kafka={"security.protocol": "SASL_PLAINTEXT", **properties})
    assert isinstance(error, RefusedError)
    assert "authentication failed" in str(error)
    assert "PLAIN mechanism handshake failed" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("listener", "sentence"),
    [
        (
            "PORT",
            r"says to use 127\.0\.0\.1:\d+, but that cannot be reached from here \(Connection refused\): correct adv",
        ),
        (
            "HOST",
            rf"says to use {re.escape(UNKNOWN_HOST)}:9092, but the host {re.escape(UNKNOWN_HOST)} cannot be resolved",
        ),
    ],
)
def test_a_wrong_advertised_listener_is_named(cluster: KafkaServer, listener: str, sentence: str) -> None:
    at = cluster.address(listener)
    said = str(refusal(at))
    assert said.startswith(f"the broker at {at} answers, and ")
    assert re.search(sentence, said), said


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (
            "127.0.0.1:{port}",
            "answers, and says to use 127.0.0.1:{port}, but that cannot be reached from here",
        ),
        ("ssl://[::1]:{port}", "answers, and says to use [::1]:{port}, but that cannot be reached from here"),
        (
            UNKNOWN_HOST + ":{port}",
            f"says to use {UNKNOWN_HOST}:{{port}}, but the host {UNKNOWN_HOST} cannot be",
        ),
    ],
)
def test_a_wrong_listener_is_named_where_the_client_asks_nobody_else(
    monkeypatch: pytest.MonkeyPatch, named: str, sentence: str
) -> None:
    port = free_port()

    class Admin:
        """A client that goes to the broker that was named for every answer, as the real one does now and then."""

        def __init__(self, report: Callable[[KafkaError], None]) -> None:
            self._report = report

        def poll(self, timeout: float) -> None:
            said = f"{named.format(port=port)}/1: Connect to it failed: Connection refused"
            self._report(KafkaError(KafkaError._TRANSPORT, said))

        def list_topics(self, timeout: float) -> None:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "Failed to get metadata"))

    monkeypatch.setattr("consumer.kafka.cluster.make_admin", lambda settings, report: Admin(report))
    said = str(refusal("127.0.0.1:9", timeout_s=0.0))
    assert sentence.format(port=port) in said


def test_a_wait_ends_after_its_time_with_the_reason() -> None:
    now = [0.0]
    reasons: list[str] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    settings = Settings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    with pytest.raises(BrokerError) as caught:
        wait_for_topics(settings, {"a"}, 2.0, on_wait=reasons.append, clock=lambda: now[0], sleep=sleep)
    assert now == [1.5]
    assert len(reasons) == 2
    assert str(caught.value).endswith("Connection refused; waited 2 s, as LOGSLUICE_BROKER_WAIT_S says")


def test_a_wait_ends_at_once_when_asked_to_stop() -> None:
    assert wait_for_topics(Settings(), {"a"}, stopping=lambda: True) == {}


def test_topics_that_are_missing_end_a_wait(cluster: KafkaServer) -> None:
    settings = Settings(bootstrap_servers=cluster.bootstrap_servers)
    with pytest.raises(BrokerError, match=r"^the broker has no topic no\.such, or hides it from this user"):
        wait_for_topics(settings, {"no.such"}, 60.0)


def test_a_broker_at_an_ipv6_address_answers(tmp_path_factory: pytest.TempPathFactory) -> None:
    require_kafka()
    server = quick_kafka(tmp_path_factory.mktemp("ipv6"), host="[::1]").start()
    try:
        server.create_topics("some")
        assert wait_for_topics(Settings(bootstrap_servers=server.bootstrap_servers), {"some"})["some"] == 4
    finally:
        server.stop()
