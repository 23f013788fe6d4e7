"""`logsluice relabel` on a real Kafka: what is in the target, what is said to have changed, and what is left alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from consumer.errors import EXIT_FAILED
from consumer.records.verdict import VerdictKey, person_verdict, taxonomy_of, verdict_record
from pipeline.bundle import read_bundle
from tests.conftest import Command
from tests.support.changed_bundle import LINE
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.relabel_world import (
    PARTITIONS,
    START_MS,
    changed,
    labels_in,
    raw_event,
    three_in_one,
    time_of,
    undecodable,
)
from tests.support.world import World

EVENTS = 300
SEVERAL = range(200, 203)
BROKEN = (210, 211)
FROM, TO = 60, 240
"""The window; within it are records of several events, and some that nobody can decode."""


@pytest.fixture(scope="module")
def world(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory, small: Path) -> World:
    """History that a service has labelled by the small bundle."""
    world = World(kafka, tmp_path_factory.mktemp("relabel"), "relabel", bundle=small, partitions=PARTITIONS)
    records = [raw_event(number) for number in range(EVENTS)]
    for number in SEVERAL:
        records[number] = three_in_one(number)
    for number in BROKEN:
        records[number] = undecodable(number)
    world.publish(records)
    with world.start() as service:
        world.wait_until_worked_through()
        assert service.stop() == 0
    return world


@pytest.fixture(scope="module")
def bundle(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed(small, tmp_path_factory.mktemp("bundle"), "User Action")


@pytest.fixture
def command(world: World, logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return logsluice


def relabelled(command: Command, *arguments: str | Path) -> tuple[Result, dict[str, Any]]:
    """Relabel the window, and return what was printed and what was written as JSON."""
    report = Path("report.json")
    report.unlink(missing_ok=True)
    result = command("relabel", "--from", time_of(FROM), "--to", time_of(TO), "--json", report, *arguments)
    return result, json.loads(report.read_bytes()) if report.exists() else {}


def ids(world: World, first: int, end: int) -> set[str]:
    """Return the ids of the events of the records from one number on and before another, those without an event left
    out."""
    found = set()
    for number in range(first, end):
        record = f"{world.input}-{number % PARTITIONS}-{number // PARTITIONS}"
        if number in SEVERAL:
            found |= {f"{record}.{index}" for index in range(3)}
        elif number not in BROKEN:
            found.add(record)
    return found


def matrix(cells: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    return {(cell["before"], cell["after"]): cell["events"] for cell in cells}


def test_each_event_of_the_window_is_in_the_target_once_and_the_matrix_is_right(
    world: World, command: Command, bundle: Path
) -> None:
    live = {topic: world.kafka.end_offsets(topic) for topic in (world.output, world.dead, world.pending)}
    groups = {each.group_id for each in world.kafka.admin().list_consumer_groups().result(15).valid}
    committed = world.committed()
    result, report = relabelled(command, "--bundle", bundle, "--topic", "relabel.new")
    assert result.exit_code == 0, result.output
    after = labels_in(world.kafka, "relabel.new")
    assert after.keys() == ids(world, FROM, TO)
    before = labels_in(world.kafka, world.output)
    pairs = Counter((before[event], label) for event, label in after.items())
    assert matrix(report["cells"]) == pairs
    frobnications = sum(number % 16 == 0 for number in range(FROM, TO) if number not in SEVERAL)
    assert sum(count for (_, now), count in pairs.items() if now == "User Action") >= frobnications + 9
    assert report["changed"] == sum(count for (was, now), count in pairs.items() if was != now) > 0
    assert report["events"] == report["published"] == len(after)
    assert report["before"] == f"published in {world.output}"
    changes = Counter[tuple[str, str]]()
    for change in report["templates"]:
        changes[change["before"], change["after"]] += change["events"]
    assert changes == {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}

    # What cannot be decoded is named, and goes nowhere.
    broken = {f"{world.input}-{number % PARTITIONS}-{number // PARTITIONS}" for number in BROKEN}
    assert {each["event_id"] for each in report["not_labelled"]} == broken
    assert all(each in result.stdout for each in broken)

    assert {each.group_id for each in world.kafka.admin().list_consumer_groups().result(15).valid} == groups
    assert world.committed() == committed
    assert live == {topic: world.kafka.end_offsets(topic) for topic in live}
    target = world.kafka.admin().list_topics(timeout=15).topics["relabel.new"]
    assert len(target.partitions) == PARTITIONS


def test_a_second_run_publishes_only_what_is_not_there(world: World, command: Command, bundle: Path) -> None:
    half = (FROM + TO) // 2
    first = command(
        *("relabel", "--from", time_of(FROM), "--to", time_of(half), "--bundle", bundle),
        *("--topic", "relabel.halves"),
    )
    assert first.exit_code == 0, first.output
    assert labels_in(world.kafka, "relabel.halves").keys() == ids(world, FROM, half)
    result, report = relabelled(command, "--bundle", bundle, "--topic", "relabel.halves")
    assert result.exit_code == 0, result.output
    assert report["published_before"] == len(ids(world, FROM, half))
    after = labels_in(world.kafka, "relabel.halves")
    assert after.keys() == ids(world, FROM, TO)
    before = labels_in(world.kafka, world.output)
    assert matrix(report["cells"]) == Counter((before[event], label) for event, label in after.items())


def test_another_bundle_does_not_go_where_one_has_been(world: World, command: Command, bundle: Path) -> None:
    first, _ = relabelled(command, "--bundle", bundle, "--topic", "relabel.taken")
    assert first.exit_code == 0, first.output
    second, _ = relabelled(command, "--topic", "relabel.taken")
    assert second.exit_code == EXIT_FAILED
    assert f"holds events labelled by {read_bundle(bundle).version}" in second.stderr
    assert len(labels_in(world.kafka, "relabel.taken")) == len(ids(world, FROM, TO))


def test_a_dry_run_says_the_same_and_makes_no_topic(world: World, command: Command, bundle: Path) -> None:
    topics = set(world.kafka.admin().list_topics(timeout=15).topics)
    result, dry = relabelled(command, "--bundle", bundle, "--dry-run")
    assert result.exit_code == 0, result.output
    assert set(world.kafka.admin().list_topics(timeout=15).topics) == topics
    assert dry["events"] == len(ids(world, FROM, TO))
    assert dry["published"] == 0
    assert dry["changed"] > 0
    assert "nothing was published" in result.stdout


def test_the_labels_before_may_be_those_of_a_bundle(
    world: World, command: Command, bundle: Path, small: Path
) -> None:
    _, published = relabelled(command, "--bundle", bundle, "--dry-run")
    _, by_small = relabelled(command, "--bundle", bundle, "--against", small, "--dry-run")
    assert by_small["before"] == f"by {read_bundle(small).version}"
    assert by_small["cells"] == published["cells"]
    _, same = relabelled(command, "--bundle", bundle, "--against", bundle, "--dry-run")
    assert same["changed"] == 0
    assert same["events"] == by_small["events"]


def test_labels_that_were_not_kept_are_counted_apart(
    world: World, command: Command, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [*world.kafka.read_all(world.output)][::2]
    world.kafka.create_topics("relabel.some-labelled", partitions=1)
    publish(
        world.kafka,
        "relabel.some-labelled",
        [Raw(each.value(), timestamp_ms=each.timestamp()[1], partition=0) for each in some],
    )
    monkeypatch.setenv("LOGSLUICE_OUTPUT_TOPIC", "relabel.some-labelled")
    result, report = relabelled(command, "--bundle", bundle, "--dry-run")
    kept = ids(world, FROM, TO) & labels_in(world.kafka, "relabel.some-labelled").keys()
    assert report["not_kept"] == len(ids(world, FROM, TO)) - len(kept) > 0
    assert f"{report['not_kept']} have no label before" in result.stdout
    assert (
        sum(cell["events"] for cell in report["cells"] if cell["before"] == "(not kept)")
        == report["not_kept"]
    )

    # Where none are kept, the live bundle says what they would be.
    monkeypatch.setenv("LOGSLUICE_OUTPUT_TOPIC", "relabel.no-such-topic")
    _, report = relabelled(command, "--bundle", bundle, "--dry-run")
    assert report["not_kept"] == 0
    assert report["before"].startswith("by small@")


def test_what_people_have_said_holds_unless_it_is_left_out(
    world: World, command: Command, bundle: Path
) -> None:
    template = f"{LINE} <num>"
    key = VerdictKey(taxonomy_of(read_bundle(bundle)), "*", template, "person")
    record = verdict_record(world.verdicts, key, person_verdict("Error", START_MS, "ann"))
    publish(world.kafka, world.verdicts, [Raw(record.value, record.key)])
    try:
        _, report = relabelled(command, "--bundle", bundle, "--dry-run")
        _, without = relabelled(command, "--bundle", bundle, "--dry-run", "--no-verdicts")
    finally:
        publish(world.kafka, world.verdicts, [Raw(None, record.key)])
    lines = [change for change in report["templates"] if change["template"] == template]
    assert {change["after"] for change in lines} <= {"Error"}
    assert report["verdicts"] == 1
    assert "User Action" in {c["after"] for c in without["templates"] if c["template"] == template}
    assert without["verdicts"] == 0
