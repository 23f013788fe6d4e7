"""`logsluice rules`: suggestions from files, a store and a topic; a rules file tried on events; a bundle copied."""

import json
from pathlib import Path

import pytest
import yaml

from consumer.errors import EXIT_BUNDLE, EXIT_FAILED, EXIT_USAGE
from consumer.records.verdict import now_ms
from pipeline.bundle import default_bundle, read_bundle
from tests.conftest import Command
from tests.console.store.events import NOW_MS, labelled, raw, write, writer
from tests.deploy.processes import settings
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import publish

TOWNS = ("north", "south", "west")
LABELLED = "source,log_message,target_label,count\n" + "".join(
    f"plant,Ledger {number} of {town} cannot be balanced with parcel {number},Workflow Error,10\n"
    f"plant,Parcel sorter {town} greets operator {number},User Action,4\n"
    for number, town in enumerate(TOWNS)
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "labelled.csv"
    path.write_text(LABELLED)
    return path


def test_what_is_suggested_is_a_rules_file_that_can_be_tested(data: Path, logsluice: Command) -> None:
    result = logsluice("rules", "suggest", data, "-o", "suggested.yaml")
    assert result.exit_code == 0, result.stderr
    assert "2 rules for 42 of 42 events that no rule decides" in result.stderr
    first, second = yaml.safe_load(Path("suggested.yaml").read_text())
    assert (first["label"], second["label"]) == ("Workflow Error", "User Action")
    assert set(first) <= {"name", "label", "pattern", "match", "no_match"}
    assert (
        "# decides 30 events of those seen; 3 templates with 30 events" in Path("suggested.yaml").read_text()
    )

    result = logsluice("rules", "test", "suggested.yaml", data, "--json")
    assert result.exit_code == 0, result.stderr
    taken = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["events"], each["templates"], each["outcome"]) for each in taken] == [
        (30, 3, "takes events"),
        (12, 3, "takes events"),
    ]
    assert sum(taken[0]["labels_now"].values()) == 30
    assert "2 rules; all examples hold; 42 of 42 events taken" in result.stderr


def test_as_json_a_suggestion_says_what_it_would_do(data: Path, logsluice: Command) -> None:
    result = logsluice("rules", "suggest", data, "--json", "--limit", "1", "--min-events", "30")
    [line] = result.stdout.splitlines()
    found = json.loads(line)
    assert (found["events"], found["events_a_day"], found["confidence"]) == (30, None, 1.0)
    assert sum(found["changes"].values()) in range(31)
    assert logsluice("rules", "suggest", data, "--min-events", "31").stdout == ""


def test_a_file_without_labels_gives_what_the_bundle_is_sure_of(data: Path, logsluice: Command) -> None:
    lines = ["Failed password for root from 10.0.0.1 port 22 ssh2"] * 9
    Path("plain.log").write_text("\n".join([*lines, "Disk quota exceeded on volume seven"] * 3) + "\n")
    result = logsluice("rules", "suggest", "plain.log", "--sure", "0.5", "--min-confidence", "0.5", "--json")
    assert result.exit_code == 0, result.stderr
    assert "30 events, " in result.stderr
    for line in result.stdout.splitlines():
        assert "Failed password" not in json.loads(line)["rule"]["pattern"]  # a rule decides it already


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("suggest",), EXIT_USAGE, "name one thing to learn from"),
        (("suggest", "labelled.csv", "--topic", "x"), EXIT_USAGE, "name one thing to learn from"),
        (("suggest", "labelled.csv", "--since", "2h"), EXIT_USAGE, "--since goes with --topic"),
        (("suggest", "--store", "labelled.csv"), EXIT_FAILED, "cannot be read"),
        (("suggest", "labelled.csv", "-o", "none/x.yaml"), EXIT_FAILED, "there is no directory"),
        (("test", "labelled.csv"), EXIT_BUNDLE, "does not hold a list of rules"),
        (("test", "labelled.csv", "labelled.csv", "--topic", "x"), EXIT_USAGE, "not both"),
        (("copy", "."), EXIT_FAILED, "is not empty"),
        (("suggest", "/dev/null"), EXIT_FAILED, "/dev/null has no event to learn from"),
        (("suggest", "header.csv"), EXIT_FAILED, "header.csv has no event to learn from"),
        (("test", "empty.yaml"), EXIT_FAILED, "empty.yaml has no rules"),
        (("test", "one.yaml", "header.csv"), EXIT_FAILED, "header.csv has no event to try the rules on"),
        (("test", "unproven.yaml"), EXIT_BUNDLE, "unproven.yaml cannot be used: rule 'a' has no `match`"),
    ],
    ids=[
        "nothing",
        "two",
        "since",
        "store",
        "output",
        "no rules",
        "files and topic",
        "not empty",
        "no file",
        "no row",
        "empty rules",
        "no event",
        "no match",
    ],
)
def test_what_is_wrong_is_a_sentence(
    data: Path, logsluice: Command, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    Path("header.csv").write_text("source,log_message,target_label\n")
    Path("empty.yaml").write_text("[]\n")
    Path("unproven.yaml").write_text("- {name: a, label: Error, pattern: x1}\n")
    Path("one.yaml").write_text("- {name: a, label: Error, pattern: x1, match: [x1]}\n")
    result = logsluice("rules", *arguments)
    assert result.exit_code == code, result.stderr
    assert sentence in " ".join(result.stderr.split())


def test_rules_that_fail_shadow_or_never_match_are_shown_and_failing_is_1(
    data: Path, logsluice: Command
) -> None:
    rules = [
        {"name": "wide", "label": "Error", "pattern": "[Pp]arcel", "match": ["a parcel"]},
        {
            "name": "narrow",
            "label": "User Action",
            "pattern": "greets operator",
            "match": ["greets operator"],
        },
        {"name": "idle", "label": "Error", "pattern": "zeppelin", "match": ["zeppelin"]},
        {"name": "broken", "label": "Error", "pattern": "x1", "match": ["y"], "no_match": ["x1"]},
    ]
    Path("mine.yaml").write_text(yaml.safe_dump(rules))
    result = logsluice("rules", "test", "mine.yaml", data)
    assert result.exit_code == EXIT_FAILED
    shown = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "42" in shown["wide"]
    assert "shadowed" in shown["narrow"]
    assert "wide 12" in shown["narrow"]
    assert "never matches" in shown["idle"]
    assert "'broken' does not match its own example 'y'" in result.stderr
    assert "'broken' matches 'x1'" in result.stderr
    assert "4 rules; 2 examples fail; 42 of 42 events taken" in result.stderr
    assert logsluice("rules", "test", "mine.yaml").exit_code == EXIT_FAILED


def test_a_long_name_and_a_label_stand_on_one_line(data: Path, logsluice: Command) -> None:
    name = "ledger-of-a-town-that-cannot-be-balanced-with-any-parcel"
    rules = [{"name": name, "label": "System Notification", "pattern": "Ledger", "match": ["Ledger"]}]
    Path("mine.yaml").write_text(yaml.safe_dump(rules))
    result = logsluice("rules", "test", "mine.yaml", data)
    assert result.exit_code == 0, result.stderr
    [line] = [line for line in result.stdout.splitlines() if line.startswith(name)]
    assert "System Notification" in line
    assert "30" in line


def test_a_store_says_how_many_events_a_day(data: Path, logsluice: Command) -> None:
    to = writer(Path("store.db"))
    day_ms = 86_400_000
    for number, town in enumerate(TOWNS):
        record = labelled(f"Ledger <num> of {town} cannot be balanced", "Workflow Error", confidence=0.98)
        write(to, [(record, NOW_MS - number * day_ms)] * 20)
    to.connection.close()
    result = logsluice("rules", "suggest", "--store", "store.db")
    assert result.exit_code == 0, result.stderr
    assert "# decides 30 events a day; 3 templates with 60 events, labels 0.98 sure" in result.stdout


def test_a_copy_of_the_built_in_bundle_is_that_bundle(data: Path, logsluice: Command) -> None:
    result = logsluice("rules", "copy", "own")
    assert result.exit_code == 0, result.stderr
    assert "LOGSLUICE_BUNDLE=own" in result.stdout
    assert read_bundle(Path("own")).digest == read_bundle(default_bundle()).digest


def test_a_topic_with_what_people_said(
    kafka: KafkaServer, data: Path, logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in settings(kafka, "rules-suggest").items():
        monkeypatch.setenv(variable, value)
    topic = "rules-suggest.labelled"
    kafka.create_topics(topic, partitions=2)
    kafka.create_topics("rules-suggest.verdicts", partitions=1, config={"cleanup.policy": "compact"})
    hour_ms, begun_ms = 3_600_000, now_ms() - 72 * 3_600_000
    publish(
        kafka,
        topic,
        [
            raw(
                f"Ledger <num> of {town} cannot be balanced",
                "Workflow Error",
                begun_ms + 12 * hour_ms * number,
            )
            for number, town in enumerate(TOWNS)
            for _ in range(10)
        ],
    )
    result = logsluice("rules", "suggest", "--topic", topic, "--sure", "0.9")
    assert result.exit_code == 0, result.stderr
    assert "# decides 30 events a day; 3 templates" in result.stdout
    Path("found.yaml").write_text(result.stdout)
    result = logsluice("rules", "test", "found.yaml", "--topic", topic, "--since", "66h", "--json")
    assert result.exit_code == 0, result.stderr
    assert [json.loads(line)["events"] for line in result.stdout.splitlines()] == [20]
    late = logsluice("rules", "test", "found.yaml", "--topic", topic, "--since", "1h")
    assert (late.exit_code, "has no event to try the rules on" in late.stderr) == (EXIT_FAILED, True)
