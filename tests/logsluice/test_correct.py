"""`logsluice correct` and `logsluice verdicts` on a real Kafka: what is shown, published, listed, taken back."""

import json
from typing import Any

import pytest

from consumer.errors import EXIT_BROKER, EXIT_FAILED, EXIT_USAGE
from consumer.kafka.one_shot import publish_all
from consumer.records.verdict import VerdictKey, VerdictValue, taxonomy_of, verdict_record
from consumer.settings import Settings
from pipeline.bundle import default_bundle, read_bundle
from pipeline.masking import mask
from tests.conftest import Command
from tests.deploy.processes import settings
from tests.support.kafka_server import KafkaServer

LINE = "flux capacitor 17 desynchronised"
CORRECT = ("correct", LINE)


@pytest.fixture
def command(
    kafka: KafkaServer, request: pytest.FixtureRequest, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command line with a verdicts topic that holds what the LLM said of a template from one source."""
    name = f"correct-{abs(hash(request.node.name))}"
    for variable, value in settings(kafka, name).items():
        monkeypatch.setenv(variable, value)
    topic = f"{name}.verdicts"
    kafka.create_topics(topic, partitions=1, config={"cleanup.policy": "compact"})
    key = VerdictKey(taxonomy_of(read_bundle(default_bundle())), "delorean", mask(LINE), "model")
    said = verdict_record(topic, key, VerdictValue("Critical Error", 0.9, "model", 1, 1, "a-model"))
    assert publish_all(Settings(bootstrap_servers=kafka.bootstrap_servers), [said], 30) == []
    return logsluice


def listed(command: Command, *arguments: str) -> list[dict[str, Any]]:
    result = command("verdicts", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_preview_of_every_source_shows_the_source_that_has_a_verdict_of_its_own(command: Command) -> None:
    result = command(*CORRECT, "--label", "user action", "--yes")
    assert result.exit_code == 0, result.stderr
    lines = [
        line.split(maxsplit=1)
        for line in result.stdout.splitlines()
        if line[:6] in ("source", "now   ", "then  ")
    ]
    assert [text for _, text in lines[::3]] == ["every source", "delorean, which has a verdict of its own"]
    nows, thens = ([text for name, text in lines if name == which] for which in ("now", "then"))
    assert nows[1] == "Critical Error, by memory"
    assert nows[0] != nows[1]
    assert thens == ["User Action, by memory"] * 2
    assert [(row["label"], row["by"], row["source"]) for row in listed(command)] == [
        ("Critical Error", "model", "delorean"),
        ("User Action", "person", "*"),
    ]


def test_a_correction_is_taken_back(command: Command) -> None:
    assert command(*CORRECT, "--source", "delorean", "--label", "Error", "--yes").exit_code == 0
    taken = command(*CORRECT, "--source", "delorean", "--forget", "--yes")
    assert taken.exit_code == 0, taken.stderr
    assert "now       Error, by memory" in taken.stdout
    assert "then      Critical Error, by memory" in taken.stdout
    assert [row["by"] for row in listed(command)] == ["model"]
    again = command(*CORRECT, "--source", "delorean", "--forget", "--yes")
    assert again.exit_code == EXIT_FAILED
    assert "nobody has corrected 'flux capacitor <num> desynchronised' for delorean" in again.stderr


def test_nothing_is_published_unless_confirmed(command: Command) -> None:
    result = command(*CORRECT, "--label", "Error")  # nobody is there to say yes
    assert result.exit_code == EXIT_FAILED
    assert len(listed(command)) == 1


@pytest.mark.parametrize("arguments", [[], ["--label", "Error", "--forget"], ["--label", "Eror"]])
def test_what_cannot_be_meant_is_wrong_usage(command: Command, arguments: list[str]) -> None:
    assert command(*CORRECT, *arguments).exit_code == EXIT_USAGE


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--label", "CRITICAL error"], 1),
        (["--label", "Error"], 0),
        (["--by", "Model"], 1),
        (["--by", "person"], 0),
        (["--search", "FLUX"], 1),
        (["--source", "delorean"], 1),
        (["--source", "*"], 0),
    ],
)
def test_verdicts_are_chosen(command: Command, arguments: list[str], found: int) -> None:
    assert len(listed(command, *arguments)) == found
    table = command("verdicts", *arguments)
    assert table.exit_code == 0
    assert f"{found} verdict" in table.stderr


def test_a_topic_that_is_missing_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSLUICE_VERDICTS_TOPIC", "nowhere.verdicts")
    for arguments in (["verdicts"], [*CORRECT, "--label", "Error", "--yes"]):
        result = command(*arguments)
        assert result.exit_code == EXIT_BROKER
        assert "nowhere.verdicts" in result.stderr
