"""The whole path of something new: Kafka, the console's store, a real Prometheus and Alertmanager, and a message."""

from pathlib import Path

import pytest

from tests.console.alerts.receiver import Receiver, receiving, status
from tests.console.store.events import raw
from tests.deploy.processes import START_PATIENCE_S, Prometheus, alertmanager, answers, prometheus, running
from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.raw_records import publish
from tests.support.service_process import COMMAND
from tests.support.world import settings

PATIENCE_S = 120.0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_template_never_seen_before_is_in_a_message(kafka: KafkaServer, tmp_path: Path) -> None:
    environment = settings(kafka, "alerted")
    output = environment["LOGSLUICE_OUTPUT_TOPIC"]
    kafka.create_topics(
        *(environment[f"LOGSLUICE_{kind}_TOPIC"] for kind in ("OUTPUT", "VERDICTS", "DEAD_LETTER"))
    )
    publish(kafka, output, [raw("known for long", "Security Alert", source="sshd")])
    port = free_port()
    console = f"http://127.0.0.1:{port}"
    with receiving() as receiver:
        environment |= {
            "LOGSLUICE_CONSOLE__STORE": str(tmp_path / "store.db"),
            "LOGSLUICE_CONSOLE__WARM_UP_S": "0",
            "LOGSLUICE_CONSOLE__WEBHOOK_URL": receiver.url,
            "LOGSLUICE_CONSOLE__PUBLIC_URL": "https://logs.example.com",
        }
        with (
            running([COMMAND, "serve", "--port", str(port)], tmp_path / "console.log", environment),
            alertmanager(tmp_path, f"{console}/alerts/webhook") as alertmanager_port,
        ):
            wait_until(lambda: answers(f"{console}/healthz"), "the console serves", START_PATIENCE_S)
            with prometheus(tmp_path, port, "", alertmanager_port) as server:
                _tell_new_from_known(server, kafka, output, receiver)


def _tell_new_from_known(server: Prometheus, kafka: KafkaServer, output: str, receiver: Receiver) -> None:
    new = 'logsluice_templates_new_total{label="Security Alert"}'
    wait_until(lambda: bool(server.query(f"{new} == 0")), "the console is scraped", PATIENCE_S)
    wait_until(lambda: bool(server.query("logsluice_store_templates == 1")), "the store is read", PATIENCE_S)
    receiver.planned = [status(500)] * 3  # for Alertmanager to send again
    publish(kafka, output, [raw("never seen <num>", "Security Alert", source="sshd")] * 3)
    what = "• 3 of `never seen &lt;num&gt;` from sshd, *new* <https://logs.example.com/templates/"
    wait_until(
        lambda: len(receiver.bodies) > 3 and what in receiver.text,
        "the message is passed on once its receiver takes it",
        PATIENCE_S,
    )
    assert receiver.text.startswith("*A Security Alert that was never seen before* (warning, firing)")
