"""`logsluice tail` as a process of its own, on labelled records in a real Kafka."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consumer.errors import EXIT_BROKER, EXIT_USAGE
from logsluice.cli.tail import TIMEOUT_S
from tests.conftest import Command
from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.labelled_records import PARTITIONS, VERDICTS, labelled
from tests.support.raw_records import Raw, publish
from tests.support.service_process import COMMAND

EVENTS = 40


@pytest.fixture(scope="module")
def environment(kafka: KafkaServer) -> dict[str, str]:
    """A topic of labelled events, and the settings to find it."""
    kafka.create_topics("tail.labelled", partitions=PARTITIONS)
    publish(kafka, "tail.labelled", map(labelled, range(EVENTS)))
    return {"LOGSLUICE_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "LOGSLUICE_OUTPUT_TOPIC": "tail.labelled"}


class Tail:
    """A running `logsluice tail`; ``lines`` is what it has printed so far."""

    def __init__(self, directory: Path, environment: dict[str, str], *arguments: str) -> None:
        self.output, self._errors = directory / "output", directory / "errors"
        with self.output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [COMMAND, "tail", *arguments],
                env=os.environ | environment,
                cwd=directory,
                stdout=output,
                stderr=errors,
            )

    @property
    def lines(self) -> list[str]:
        return self.output.read_text(encoding="utf-8").splitlines()

    @property
    def errors(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def wait_for(self, count: int) -> list[str]:
        def there() -> bool:
            assert self.process.poll() is None, self.errors
            return len(self.lines) >= count

        wait_until(there, f"{count} lines are printed")
        return self.lines


@contextmanager
def tailing(directory: Path, environment: dict[str, str], *arguments: str) -> Iterator[Tail]:
    """Follow for as long as the context lasts, then press Ctrl-C: that must end it cleanly."""
    tail = Tail(directory, environment, *arguments)
    try:
        yield tail
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(30) == 0
        assert "Traceback" not in tail.errors
        assert "Aborted" not in tail.errors
    finally:
        if tail.process.poll() is None:
            tail.process.kill()
            tail.process.wait()


def numbers(lines: list[str]) -> list[int]:
    return sorted(json.loads(line)["number"] for line in lines)


CASES: dict[str, tuple[list[str], set[int]]] = {
    "labels": (["--label", "security-alert", "--label", "UNCLASSIFIED"], {0, 2, 3}),
    "a label and a tier": (["--label", "Security Alert", "--tier", "LLM"], {3}),
    "a source": (["--source", "sshd"], {0, 3}),
    "unsure": (["--max-confidence", "0.7"], {2, 3}),
    "between": (["--min-confidence", "0.5", "--max-confidence", "0.9", "--source", "kernel"], {1}),
}


@pytest.mark.parametrize(("filters", "kinds"), CASES.values(), ids=CASES)
def test_filters_let_through_what_they_say(
    environment: dict[str, str], tmp_path: Path, filters: list[str], kinds: set[int]
) -> None:
    expected = [number for number in range(EVENTS) if number % len(VERDICTS) in kinds]
    with tailing(tmp_path, environment, "--json", "--from-beginning", *filters) as tail:
        assert numbers(tail.wait_for(len(expected))) == expected


def test_json_is_the_record_as_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    with tailing(tmp_path, environment, "--json", "--from-beginning") as tail:
        assert sorted(tail.wait_for(EVENTS)) == sorted(
            (labelled(number).value or b"").decode() for number in range(EVENTS)
        )


def test_it_begins_with_the_last_of_each_partition_and_follows(
    kafka: KafkaServer, environment: dict[str, str], tmp_path: Path
) -> None:
    kafka.create_topics("tail.growing", partitions=PARTITIONS)
    publish(kafka, "tail.growing", map(labelled, range(EVENTS)))
    with tailing(tmp_path, environment, "--json", "--topic", "tail.growing", "--last", "3") as tail:
        # Events come in fours to a partition; the last three of each.
        assert numbers(tail.wait_for(6)) == [33, 34, 35, 37, 38, 39]
        publish(kafka, "tail.growing", [labelled(100), labelled(104)])
        assert numbers(tail.wait_for(8))[6:] == [100, 104]


def test_without_an_option_only_what_is_new_is_shown(
    kafka: KafkaServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with tailing(tmp_path, environment, "--json") as tail:
        # Where it begins is settled as it starts, which cannot be seen from here: one of these is after it.
        sent = EVENTS
        while not tail.lines:
            publish(kafka, "tail.labelled", [labelled(sent)])
            sent += 1
        assert min(numbers(tail.lines)) >= EVENTS


def test_a_line_for_people(kafka: KafkaServer, environment: dict[str, str], tmp_path: Path) -> None:
    kafka.create_topics("tail.people", partitions=1)
    messages = ["login\nfailed", "\x1b[31mred\x1b[0m \u202eback", "flux"]
    records = [labelled(number, message)._replace(partition=0) for number, message in enumerate(messages)]
    publish(kafka, "tail.people", records)
    with tailing(tmp_path, environment, "--topic", "tail.people", "--from-beginning") as tail:
        lines = tail.wait_for(3)
    assert [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in lines] == [
        "Security Alert       1.00 rules     sshd           login failed",
        "Critical Error       0.80 embedding kernel         ?[31mred?[0m ?back",
        "Error?               0.40 none      app            flux",
    ]


def test_it_ends_when_nobody_reads(environment: dict[str, str], tmp_path: Path) -> None:
    # The second is still to come when the reader goes, and never does.
    command = f"{COMMAND} tail --json --last 1 --label 'Security Alert' | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | environment,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(ended.stdout)["classification"]["label"] == "Security Alert"


def test_it_leaves_no_trace_at_the_broker(
    kafka: KafkaServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with tailing(tmp_path, environment, "--json", "--from-beginning") as tail:
        tail.wait_for(EVENTS)
        groups = kafka.admin().list_consumer_groups().result(15)
        assert not [group.group_id for group in groups.valid if "reader" in group.group_id]
    assert set(kafka.committed("logsluice", "tail.labelled").values()) == {-1001}
    assert set(kafka.committed("logsluice-reader", "tail.labelled").values()) == {-1001}


def test_records_that_are_not_labelled_are_left_out_and_said_once(
    kafka: KafkaServer, environment: dict[str, str], tmp_path: Path
) -> None:
    kafka.create_topics("tail.mixed", partitions=1)
    no_label = Raw(b'{"source":"a","log_message":"raw"}', partition=0)
    broken = labelled(0)._replace(value=b"{", partition=0)
    publish(
        kafka, "tail.mixed", [no_label, broken, Raw(None, partition=0), labelled(1)._replace(partition=0)]
    )
    with tailing(tmp_path, environment, "--topic", "tail.mixed", "--from-beginning") as tail:
        [line] = tail.wait_for(1)
        assert "Critical Error" in line
    assert tail.errors.count("left out what is no labelled event") == 1
    assert "raw" not in tail.errors


def test_a_broker_that_is_away_and_a_topic_that_is_missing_are_sentences(
    environment: dict[str, str], logsluice: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, away = environment["LOGSLUICE_BOOTSTRAP_SERVERS"], f"127.0.0.1:{free_port()}"
    for address, timeout_s, arguments, sentence in (
        (away, 2.0, [], "logsluice: the broker at 127.0.0.1:"),
        (there, TIMEOUT_S, ["--topic", "nowhere"], "logsluice: the broker has no topic nowhere: run "),
    ):
        monkeypatch.setattr("logsluice.cli.tail.TIMEOUT_S", timeout_s)
        monkeypatch.setenv("LOGSLUICE_BOOTSTRAP_SERVERS", address)
        ended = logsluice("tail", *arguments)
        assert (ended.exit_code, ended.stdout) == (EXIT_BROKER, "")
        assert ended.stderr.startswith(sentence)
        assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from-beginning", "--last", "5"],
        ["--min-confidence", "0.8", "--max-confidence", "0.7"],
        ["--min-confidence", "80"],
        ["--tier", "guess"],
        ["--label", "Securty Alert"],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(logsluice: Command, arguments: list[str]) -> None:
    assert logsluice("tail", *arguments).exit_code == EXIT_USAGE
