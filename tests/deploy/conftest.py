"""One Kafka with one logsluice for all tests that watch events go through: it takes long to start."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.deploy.shippers import SHIPPERS, stated_settings
from tests.support.kafka_server import KafkaServer
from tests.support.otlp_collector import Collector, collecting
from tests.support.service_process import ServiceProcess, run_command
from tests.support.world import settings

SOURCE = "sshd"
"""The source with metric series of its own."""


class Service(NamedTuple):
    """A running logsluice that reads what rsyslog ships, how to reach and to feed it, and what takes its traces."""

    port: int
    environment: dict[str, str]
    collector: Collector


@pytest.fixture(scope="package")
def service(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        **settings(kafka, "deployed"),
        **stated_settings(SHIPPERS["rsyslog"]),
        "LOGSLUICE_METRIC_SOURCES": SOURCE,
    }
    with collecting() as collector:
        tracing = {"LOGSLUICE_TRACING": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        directory = tmp_path_factory.mktemp("deployed")
        made = run_command(directory, environment, "topics", "create", "--replication", "1")
        assert made.returncode == 0, made.stderr
        with ServiceProcess(directory, environment | tracing) as process:
            yield Service(process.wait_until_ready().port, environment, collector)
            assert process.stop() == 0
