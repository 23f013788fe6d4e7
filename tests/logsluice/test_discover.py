"""``logsluice discover``: a heap of logs in; a table, JSON and a map out."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from consumer.errors import EXIT_BROKER, EXIT_FAILED, EXIT_USAGE
from tests.conftest import Command
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.small_bundle import ROWS

MESSAGES = [message for messages in ROWS.values() for message in messages]
SECRET = "hunter2"
"""A value in the messages that must not be in anything that is written."""


def heap() -> list[tuple[str, str]]:
    """Sources and messages: each of the small bundle's several times, with a number behind it."""
    return [
        (f"host-{number % 2}", f"{message} {place}{number} password={SECRET}")
        for place, message in enumerate(MESSAGES)
        for number in range(2)
    ]


def as_file(path: Path) -> Path:
    match path.suffix:
        case ".csv":
            text = "source,log_message\n" + "".join(f'{source},"{message}"\n' for source, message in heap())
        case ".jsonl":
            text = "".join(json.dumps({"source": s, "message": m}) + "\n" for s, m in heap())
        case _:
            text = "".join(f"{message}\n" for _, message in heap())
    path.write_text(text, encoding="utf-8")
    return path


def read(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["heap.csv", "heap.jsonl", "heap.log"])
def test_a_file_of_any_kind_is_read(logsluice: Command, small: Path, tmp_path: Path, name: str) -> None:
    file = as_file(tmp_path / name)
    result = logsluice("discover", file, "--bundle", small, "--projection", "pca", "--json", "found.json")
    assert result.exit_code == 0
    found = read("found.json")
    assert (found["events"], found["distinct_templates"], found["left_out_events"]) == (30, 15, 0)
    assert {sum(each["template"]["sources"].values()) for each in found["templates"]} == {2}
    sources = {source for each in found["templates"] for source in each["template"]["sources"]}
    assert sources == ({""} if name == "heap.log" else {"host-0", "host-1"})


def test_all_that_is_written_says_the_same_and_holds_no_message(
    logsluice: Command, small: Path, tmp_path: Path
) -> None:
    file = as_file(tmp_path / "heap.csv")
    arguments = ("discover", file, "--bundle", small, "--projection", "tsne", "--min-templates", "3")
    result = logsluice(*arguments, "--json", "found.json", "--html", "map.html")
    assert result.exit_code == 0
    found = read("found.json")
    assert found["projection"] == "tsne"
    assert found["projection_said"] == "projected by t-SNE of scikit-learn"
    assert found["projection_said"] in result.output
    page = Path("map.html").read_text(encoding="utf-8")
    assert found["projection_said"] in page
    for cluster in found["clusters"]:
        own = [each["template"] for each in found["templates"] if each["cluster"] == cluster["number"]]
        assert cluster["templates"] == len(own) >= 3
        assert cluster["events"] == sum(each["events"] for each in own) == sum(cluster["labels"].values())
        assert cluster["examples"][0] in [each["template"] for each in own]
        assert cluster["name"] == " ".join(cluster["words"])
        assert cluster["words"][0] in result.output
    assert all(0 <= each[axis] <= 1 for each in found["templates"] for axis in "xy")
    for text in (result.output, page, Path("found.json").read_text(encoding="utf-8")):
        assert SECRET not in text
    again = logsluice(*arguments, "--json", "again.json")
    assert again.exit_code == 0
    assert read("again.json") == found


def test_only_the_most_frequent_templates_are_looked_at_where_there_are_more(
    logsluice: Command, small: Path, tmp_path: Path
) -> None:
    file = tmp_path / "heap.log"
    file.write_text("disk is full\n" * 6 + "login failed for user root\n" * 3 + "seldom\n", encoding="utf-8")
    result = logsluice("discover", file, "--bundle", small, "--most-templates", "2", "--json", "found.json")
    assert result.exit_code == 0
    assert (
        "the 2 most frequent templates were looked at; the others have 10.0% of the events" in result.output
    )
    found = read("found.json")
    assert [each["template"]["events"] for each in found["templates"]] == [6, 3]
    assert (found["distinct_templates"], found["left_out_events"]) == (3, 1)


def test_a_topic_is_read_from_a_time_on_and_no_group_is_left(
    logsluice: Command, small: Path, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = "discover.raw"
    kafka.create_topics(topic, partitions=2)
    now = 1_780_000_000_000
    old = [Raw(b'{"source":"a","log_message":"disk is full"}', timestamp_ms=now - 3_600_000)] * 4
    new = [Raw(b'{"source":"b","log_message":"login failed for user root"}', timestamp_ms=now)] * 3
    publish(kafka, topic, [*old, *new, Raw(b"[1, 2]", timestamp_ms=now)])
    monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    monkeypatch.setenv("LOGSLUICE_GROUP_ID", "discover-nobody")
    arguments = ("discover", "--topic", topic, "--bundle", small, "--json", "found.json")
    result = logsluice(*arguments)
    assert result.exit_code == 0
    assert f"{topic}: 1 of its records or events cannot be decoded" in result.output
    assert [each["template"]["events"] for each in read("found.json")["templates"]] == [4, 3]
    since = "2026-05-28T20:00:00+00:00"
    assert logsluice(*arguments, "--since", since).exit_code == 0
    assert [each["template"]["sources"] for each in read("found.json")["templates"]] == [{"b": 3}]
    late = logsluice(*arguments, "--since", "2026-06-28T00:00:00+00:00")
    assert (late.exit_code, "holds no events of that time" in late.output) == (EXIT_FAILED, True)
    groups = kafka.admin().list_consumer_groups().result(15).valid
    assert not [group.group_id for group in groups if "discover-nobody" in group.group_id]
    gone = logsluice("discover", "--topic", "discover.nowhere", "--bundle", small)
    assert (gone.exit_code, "discover.nowhere" in gone.output) == (EXIT_BROKER, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a file, or a topic"),
        (("heap.log", "--topic", "t"), "name a file, or a topic"),
        (("heap.log", "--since", "1h"), "--since goes with --topic"),
    ],
    ids=["nothing", "both", "since of a file"],
)
def test_wrong_usage_is_refused(logsluice: Command, arguments: tuple[str, ...], said: str) -> None:
    result = logsluice("discover", *arguments)
    assert result.exit_code == EXIT_USAGE
    assert said in result.output


def test_a_file_without_a_message_is_an_error(logsluice: Command, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "empty.log"
    file.write_text("\n  \n", encoding="utf-8")
    result = logsluice("discover", file, "--bundle", small)
    assert result.exit_code == EXIT_FAILED
    assert "there is nothing to discover" in result.output


@pytest.mark.parametrize(
    ("module", "extra", "method"), [("umap", "discover", "umap"), ("sklearn", "sklearn", "tsne")]
)
def test_a_missing_extra_is_a_sentence(
    logsluice: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str, method: str
) -> None:
    from training.discovery import projection

    monkeypatch.setattr(projection, "find_spec", lambda name: None if name == module else sys)
    result = logsluice("discover", as_file(tmp_path / "heap.log"), "--projection", method)
    assert result.exit_code == EXIT_FAILED
    assert (
        result.output
        == f"logsluice: this needs {module}, which is not installed: pip install 'logsluice[{extra}]'\n"
    )
