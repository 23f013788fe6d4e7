"""Fixtures that several tests share: the brokers, and the command line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from click.testing import CliRunner, Result

from consumer.cli import main
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


Command = Callable[..., Result]
"""Takes the arguments of ``logsluice``, each a string or a path."""


@pytest.fixture
def logsluice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """The command line in this process, in an empty directory and without the settings of this machine."""
    for name in os.environ:
        if name.upper().startswith(("LOGSLUICE_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield invoke
    structlog.reset_defaults()


def invoke(*arguments: str | Path) -> Result:
    """Run a command in this process; it ends by returning or by an exit code, never by an exception."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="logsluice")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
