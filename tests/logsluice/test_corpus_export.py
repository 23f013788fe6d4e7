"""``logsluice corpus export``: corrections out of the topic or the store, and into a bundle."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest

from console.store.names import Names
from console.store.schema import open_writer
from console.store.verdicts import VerdictChange, apply_verdicts
from consumer.errors import EXIT_BROKER, EXIT_FAILED, EXIT_USAGE
from consumer.kafka.one_shot import publish_all
from consumer.records.said import said_rows
from consumer.records.verdict import VerdictKey, VerdictValue, verdict_record
from consumer.settings import Settings
from pipeline.bundle import read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from tests.conftest import Command
from tests.deploy.processes import settings
from tests.support import default_model
from tests.support.kafka_server import KafkaServer

HEADER = "source,log_message,target_label,by,who,when,count"
Said = tuple[VerdictKey, VerdictValue]


def person(template: str, label: str, source: str = "*", at_ms: int = 1_000, taxonomy: str = "t") -> Said:
    return (
        VerdictKey(taxonomy, source, template, "person"),
        VerdictValue(label, 1.0, "person", 2, at_ms, "ada"),
    )


def model(template: str, label: str, source: str = "kiln", at_ms: int = 2_000) -> Said:
    return (
        VerdictKey("t", source, template, "model"),
        VerdictValue(label, 0.9, "model", 1, at_ms, "a-model"),
    )


SAID = (
    person("kiln <num> ware, glazed", "User Action"),
    person("cone <num> slumped", "Error", "kiln"),
    model("cone <num> slumped", "Critical Error"),
    model("cone <num> slumped", "Resource Usage", "oven"),
    model("kiln <num> ware, glazed", "Error"),
    model("=flue <num> open", "System Notification"),
    person("draught <num>", "Bliss"),
)


def labels_of(said: Iterable[Said], speaker: str) -> list[tuple[str, str, str]]:
    found, _ = said_rows(said, speaker, ("User Action", "Error", "Critical Error", "Resource Usage"))  # type: ignore[arg-type]
    return [(row.source, row.template, row.label) for row in found]


def test_a_person_outranks_a_model_and_the_newest_word_stands() -> None:
    assert labels_of(SAID, "person") == [
        ("kiln", "cone <num> slumped", "Error"),
        ("", "kiln <num> ware, glazed", "User Action"),
    ]
    assert labels_of(SAID, "model") == [("oven", "cone <num> slumped", "Resource Usage")]
    assert labels_of(SAID, "all") == [*labels_of(SAID, "person"), *labels_of(SAID, "model")]
    twice = [person("a", "Error", at_ms=2, taxonomy="new"), person("a", "User Action", at_ms=1)]
    assert labels_of(twice, "person") == labels_of(twice[::-1], "person") == [("", "a", "Error")]
    assert said_rows(SAID, "person", ("Error",))[1] == 2


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    connection = open_writer(path)
    apply_verdicts(connection, Names(connection), [VerdictChange(key, value, 1) for key, value in SAID])
    connection.close()
    return path


def test_the_store_s_corrections_are_rows_that_a_bundle_learns(store: Path, logsluice: Command) -> None:
    result = logsluice("corpus", "export", "--store", store, "-o", "mine.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    lines = result.stderr.splitlines()
    assert lines[0] == "2 labelled templates"
    assert lines[1].startswith("1 more left out: default@")
    rows = Path("mine.csv").read_text(encoding="utf-8").splitlines()
    assert rows == [
        HEADER,
        "kiln,cone <num> slumped,Error,person,ada,1970-01-01T00:00:01+00:00,1",
        ',"kiln <num> ware, glazed",User Action,person,ada,1970-01-01T00:00:01+00:00,1',
    ]
    trained = logsluice("train", "--with", "mine.csv", "-o", "new")
    assert trained.exit_code == 0, trained.stderr
    assert trained.stdout.startswith("new: default@")
    assert trained.stdout.endswith("has learnt 2 corrected templates\n")
    new, default = read_bundle(Path("new")), default_model.bundle()
    assert new.manifest.threshold == default.manifest.threshold
    (verdict,) = load_cascade(new).label([Event("kiln", "cone 7 slumped")])
    assert (verdict.label, verdict.tier) == ("Error", "embedding")


def test_whose_words_are_taken_is_chosen(store: Path, logsluice: Command) -> None:
    result = logsluice("corpus", "export", "--store", store, "--by", "all")
    assert result.exit_code == 0
    found = list(csv.DictReader(result.stdout.splitlines()))
    assert [(row["by"], row["who"], row["log_message"]) for row in found] == [
        ("person", "ada", "cone <num> slumped"),
        ("person", "ada", "kiln <num> ware, glazed"),
        ("model", "a-model", "=flue <num> open"),
        ("model", "a-model", "cone <num> slumped"),
    ]


def test_what_is_no_store_is_a_sentence(logsluice: Command) -> None:
    Path("text").write_text("not a database, not at all")
    result = logsluice("corpus", "export", "--store", "text")
    assert result.exit_code == EXIT_FAILED
    assert "the store text cannot be read" in result.stderr
    assert logsluice("corpus", "export", "--store", "nowhere").exit_code == EXIT_USAGE


def test_the_topic_s_corrections_are_rows(
    kafka: KafkaServer, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in settings(kafka, "corpus-export").items():
        monkeypatch.setenv(variable, value)
    missing = logsluice("corpus", "export")
    assert missing.exit_code == EXIT_BROKER
    topic = "corpus-export.verdicts"
    kafka.create_topics(topic, partitions=1, config={"cleanup.policy": "compact"})
    empty = logsluice("corpus", "export")
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, f"{HEADER}\n", "0 labelled templates\n")
    records = [verdict_record(topic, key, value) for key, value in SAID]
    assert publish_all(Settings(bootstrap_servers=kafka.bootstrap_servers), records, 30) == []
    result = logsluice("corpus", "export")
    assert [row["target_label"] for row in csv.DictReader(result.stdout.splitlines())] == [
        "Error",
        "User Action",
    ]
