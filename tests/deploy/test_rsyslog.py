"""rsyslog for real: a line in a file, rsyslog as we configure it, Kafka, a labelled event."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.deploy.conftest import Service
from tests.deploy.processes import running
from tests.deploy.shippers import SHIPPERS
from tests.support import rsyslog
from tests.support.debian_packages import environment, program
from tests.support.kafka_server import KafkaServer, wait_until

LINES = (
    b'Payment 4711 was refused: the card "4000" is expired',
    b"java.lang.IllegalStateException: no such order",
    b"\tat app.Orders.find(Orders.java:41)",
    b"Caused by: java.sql.SQLException: closed",
    b"\t... 12 more",
    b"Cache warmed up",
    b"caf\xe9 closed",
)


@pytest.mark.timeout(600)
def test_a_line_in_a_file_comes_out_labelled(kafka: KafkaServer, service: Service, tmp_path: Path) -> None:
    rsyslogd = program("rsyslogd", *rsyslog.PACKAGES)
    log = tmp_path / "billing.log"
    log.touch()
    settings = service.environment
    configuration = _configuration(tmp_path, log, kafka.bootstrap_servers, settings["LOGSLUICE_INPUT_TOPIC"])
    assert not rsyslog.complaint(rsyslogd, configuration)

    def labelled() -> list[dict[str, Any]]:
        records = kafka.read_all(settings["LOGSLUICE_OUTPUT_TOPIC"])
        events = [msgspec.json.decode(record.value() or b"") for record in records]
        return [event for event in events if event["source"] == "billing"]

    command = rsyslog.command(rsyslogd, configuration)
    with running(command, tmp_path / "rsyslog.log", environment(rsyslogd)):
        with log.open("ab") as file:
            file.write(b"\n".join((*LINES, b"")))
        # A stack trace is one event.
        wait_until(lambda: len(labelled()) >= 4, "events are labelled", 120)
    events = labelled()
    assert all(event["classification"]["label"] and event["host"] for event in events)
    assert {event["message"] for event in events} == {
        'Payment 4711 was refused: the card "4000" is expired',
        "java.lang.IllegalStateException: no such order\n\tat app.Orders.find(Orders.java:41)\n"
        "Caused by: java.sql.SQLException: closed\n\t... 12 more",
        "Cache warmed up",
        "caf  closed",
    }


def _configuration(directory: Path, log: Path, bootstrap_servers: str, topic: str) -> Path:
    """Return the configuration that we ship, with the places of this test in it."""
    text = SHIPPERS["rsyslog"].read_text(encoding="utf-8")
    for ours, here in {
        "/var/log/app/billing.log": str(log),
        "localhost:9092": bootstrap_servers,
        "logs.raw": topic,
        "/var/spool/rsyslog": str(directory),
    }.items():
        assert ours in text
        text = text.replace(ours, here)
    path = directory / "rsyslog.conf"
    path.write_text(f'global(workDirectory="{directory}")\n{text}', encoding="utf-8")
    return path
