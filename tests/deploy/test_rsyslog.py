"""rsyslog for real: a line in a file, rsyslog as we configure it, Kafka, a labelled event."""

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.deploy.conftest import Service
from tests.deploy.processes import running
from tests.deploy.shippers import SHIPPERS
from tests.support.debian_packages import CACHE, libraries, program
from tests.support.kafka_server import KafkaServer, wait_until

PACKAGES = ("rsyslog", "rsyslog-kafka", "librdkafka1", "libestr0", "libfastjson4", "liblognorm5")
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
    rsyslogd = program("rsyslogd", *PACKAGES)
    log = tmp_path / "billing.log"
    log.touch()
    environment = service.environment
    configuration = _configuration(
        tmp_path, log, kafka.bootstrap_servers, environment["LOGSLUICE_INPUT_TOPIC"]
    )
    command: list[str | Path] = [rsyslogd, "-n", "-i", tmp_path / "pid", "-f", configuration]
    its_libraries = {}
    if rsyslogd.is_relative_to(CACHE):
        [modules] = CACHE.glob("usr/lib/*/rsyslog")
        command += ["-M", modules]
        its_libraries = {"LD_LIBRARY_PATH": libraries()}
    checked = subprocess.run(
        [*command, "-N1"], env=os.environ | its_libraries, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr

    def labelled() -> list[dict[str, Any]]:
        records = kafka.read_all(environment["LOGSLUICE_OUTPUT_TOPIC"])
        events = [msgspec.json.decode(record.value() or b"") for record in records]
        return [event for event in events if event["source"] == "billing"]

    with running(command, tmp_path / "rsyslog.log", its_libraries):
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
