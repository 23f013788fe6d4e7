"""``logsluice explain``: what it prints, for people and as JSON, and what it exits with."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from consumer.errors import EXIT_BUNDLE, EXIT_USAGE
from consumer.kafka.one_shot import publish_all
from consumer.records.verdict import VerdictKey, VerdictValue, taxonomy_of, verdict_record
from consumer.settings import Settings
from logsluice.cli.main import main
from pipeline.embedding import load_embedding_tier
from tests.conftest import Command
from tests.deploy.processes import settings
from tests.support import default_model
from tests.support.classified import cascade
from tests.support.kafka_server import KafkaServer

LOGIN = "Failed password for invalid user admin from 203.0.113.9 port 52144 ssh2"
ODD, TEMPLATE = "flux capacitor 17 desynchronised", "flux capacitor <num> desynchronised"


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in bundle is loaded once for all tests."""
    load = load_embedding_tier

    def tier(bundle: Any) -> Any:
        return cascade().embedding if bundle.digest == default_model.bundle().digest else load(bundle)

    monkeypatch.setattr("pipeline.explaining.load_embedding_tier", tier)


def test_it_prints_tier_by_tier_in_plain_text(logsluice: Command) -> None:
    result = logsluice("explain", LOGIN)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Security Alert  1.00  by rules, rule ssh-failed-authentication")
    assert "template   Failed password for invalid user admin from <ip> port <num> ssh<num>" in lines
    assert "masked     <ip> 203.0.113.9, <num> 52144, <num> 2" in lines
    assert [line.split()[0] for line in lines if line[:1].isalpha()][-5:] == [
        "route", "rules", "memory", "embedding", "llm"
    ]  # fmt: skip
    assert any("by templates that share its words " in line for line in lines)
    assert "\x1b" not in result.stdout
    assert all(line == line.rstrip() for line in lines)


def test_its_json_is_the_explanation(logsluice: Command) -> None:
    [line] = logsluice("explain", "--json", "--source", "LegacyCRM", LOGIN).stdout.splitlines()
    found = json.loads(line)
    assert found["route"] == ["memory", "llm"]
    assert (found["label"], found["tier"], found["best_guess"]) == ("Unclassified", "none", "Security Alert")
    assert found["heard"] is None
    assert set(found["classified"]["words"]) == {"words", "by_words", "by_embedding", "by_neighbours"}
    assert {each["label"] for each in found["classified"]["probabilities"]} == set(
        default_model.bundle().labels
    )


def test_a_message_of_several_lines_comes_from_standard_input(logsluice: Command) -> None:
    text = "Traceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 'x'\n"
    result = CliRunner().invoke(main, ["explain", "-", "--json"], input=text)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["message"] == text.rstrip()


def test_a_message_does_not_command_the_terminal(logsluice: Command) -> None:
    result = logsluice(
        "explain", "\x1b]0;owned\x07 \x1b[31mfailed\u202e login for \u0085 x", "--source", "a\x1b[2Jb"
    )
    assert result.exit_code == 0
    assert not [each for each in result.stdout if not each.isprintable() and each != "\n"]


def test_nothing_is_a_message_too(logsluice: Command) -> None:
    result = logsluice("explain", "")
    assert result.exit_code == 0
    assert "no rule matches" in result.stdout


def test_another_bundle_explains_with_its_own_labels(logsluice: Command, small: Path) -> None:
    result = logsluice("explain", "--bundle", small, "--json", "login failed for user admin")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["bundle"].startswith("small@")
    assert {each["label"] for each in found["classified"]["probabilities"]} <= {
        "Security Alert", "Error", "User Action", "Unclassified"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], EXIT_USAGE), (["x", "--severity", "loud"], EXIT_USAGE), (["x", "--bundle", "none"], EXIT_BUNDLE)],
    ids=["no message", "unknown severity", "no bundle"],
)
def test_what_is_wrong_has_its_exit_code(logsluice: Command, arguments: list[str], code: int) -> None:
    result = logsluice("explain", *arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_without_an_answering_broker_it_says_that_verdicts_are_left_out(
    logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("consumer.kafka.reader.TIMEOUT_S", 0.5)
    result = logsluice("explain", LOGIN)
    assert result.exit_code == 0
    assert "what people and the LLM have said is left out" in result.stderr
    assert "memory     not looked at" in result.stdout


def test_what_people_and_the_llm_have_said_comes_from_the_broker(
    kafka: KafkaServer, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in settings(kafka, "explain").items():
        monkeypatch.setenv(variable, value)
    topic, taxonomy = "explain.verdicts", taxonomy_of(default_model.bundle())
    kafka.create_topics(topic, partitions=1, config={"cleanup.policy": "compact"})
    values = [
        (VerdictKey(taxonomy, "delorean", TEMPLATE, "model"), VerdictValue("Critical Error", 0.9, "model", 1, 1, "m1")),
        (VerdictKey(taxonomy, "*", TEMPLATE, "person"), VerdictValue("Error", 1.0, "person", 2, 2, "ada")),
        (VerdictKey(taxonomy, "*", "another one", "person"), VerdictValue("Error", 1.0, "person", 2, 3, "bob")),
    ]  # fmt: skip
    records = [verdict_record(topic, key, value) for key, value in values]
    assert publish_all(Settings(bootstrap_servers=kafka.bootstrap_servers), records, 30) == []
    result = logsluice("explain", ODD, "--source", "delorean")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Error  1.00  by memory")
    assert (
        "memory     decided Error 1.00: a person has said so, which stands above every tier" in result.stdout
    )
    assert "Error 1.00, a person (ada), 1970-01-01" in result.stdout
    assert "Critical Error 0.90, the LLM (m1), 1970-01-01" in result.stdout
    assert "bob" not in result.stdout
