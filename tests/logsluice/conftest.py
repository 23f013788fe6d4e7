"""What tests of commands share: letters in a real Kafka, and a bundle that is loaded once."""

import re

import pytest

from pipeline import cascade as module
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from tests.conftest import Command
from tests.support import default_model
from tests.support.classified import cascade
from tests.support.dead_letters import DeadLetterTopic
from tests.support.kafka_server import KafkaServer


@pytest.fixture(scope="module")
def four(kafka: KafkaServer, request: pytest.FixtureRequest) -> DeadLetterTopic:
    """Four letters that are only looked at."""
    return DeadLetterTopic(kafka, f"four-{request.node.name.replace('/', '-')}").with_four()


@pytest.fixture
def letters(kafka: KafkaServer, request: pytest.FixtureRequest) -> DeadLetterTopic:
    """No letters yet."""
    name = re.sub(r"[^a-z0-9_]", "-", request.node.name)[:70]
    return DeadLetterTopic(kafka, f"letters-{name}")


@pytest.fixture
def command(request: pytest.FixtureRequest, logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line with the settings of the topics that the test has."""
    letters: DeadLetterTopic = request.getfixturevalue(
        "letters" if "letters" in request.fixturenames else "four"
    )
    for name, value in letters.environment.items():
        monkeypatch.setenv(name, value)
    return logsluice


@pytest.fixture
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the cascade once for all tests of this process: it takes seconds."""

    def load_cascade(bundle: Bundle) -> Cascade:
        assert bundle.digest == default_model.bundle().digest
        return cascade()

    monkeypatch.setattr(module, "load_cascade", load_cascade)
