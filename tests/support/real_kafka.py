"""Where a test gets a real Kafka from, and what becomes of it where there is none: skipped in words, failed in CI."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kafka_jars import KafkaMissingError, kafka_jars
from tests.support.kafka_server import KafkaServer
from tests.support.quick_kafka import quick_kafka


def require_kafka() -> Path:
    """Return the directory of Kafka's jars, or skip the test that asked.

    Raises:
        KafkaMissingError: there is no JDK or no Maven, and ``$CI`` is set: there a skipped promise is a broken one.
    """
    try:
        return kafka_jars()
    except KafkaMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"real Kafka is not tested: {error}")


def running_kafka(directory: Path) -> Iterator[KafkaServer]:
    """Yield a broker that runs until the iterator goes on, or skip the test that asked."""
    require_kafka()
    server = quick_kafka(directory).start()
    try:
        yield server
    finally:
        server.stop()
