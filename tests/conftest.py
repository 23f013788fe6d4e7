"""Fixtures that several tests share: the brokers, and the built-in bundle."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.kafka_server import KafkaMissingError, KafkaServer, kafka_jars

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("logsluice", deadline=None)
hypothesis.settings.load_profile("logsluice")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A real Kafka for the whole run. Where there is none a test is skipped in words; in CI that is a failure."""
    require_kafka()
    server = KafkaServer(tmp_path_factory.mktemp("kafka")).start()
    yield server
    server.stop()


def require_kafka() -> Path:
    """Return the directory of Kafka's jars, or skip the test that asked."""
    try:
        return kafka_jars()
    except KafkaMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"real Kafka is not tested: {error}")
