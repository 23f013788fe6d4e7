"""`logsluice check` on a real Kafka: what holds, what does not, and the exit code of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import Command
from tests.support.kafka_server import KafkaServer, free_port
from tests.support.world import settings

SUFFIXES = ("raw", "labelled", "pending", "verdicts", "dead")


@pytest.fixture
def check(
    kafka: KafkaServer, logsluice: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], Result]:
    """Run ``check`` in this process, with one thing wrong or none."""
    monkeypatch.setattr("logsluice.cli.check.TIMEOUT_S", 3.0)
    right = settings(kafka, "checked")
    wrong = {
        "nothing": {},
        "broker": {"LOGSLUICE_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"},
        "policy": {"LOGSLUICE_VERDICTS_TOPIC": "checked.kept.briefly"},
        "property": {"LOGSLUICE_KAFKA": '{"securty.protocol": "SSL"}'},
        "topics": settings(kafka, "unmade") | {"LOGSLUICE_INPUT_TOPIC": "checked.raw"},
        "bundle": {"LOGSLUICE_BUNDLE": str(tmp_path)},
        "settings": {"LOGSLUICE_BATCH_MAX_EVENTS": "many", "LOGSLUICE_OUTPUT_TOPICS": "x"},
    }

    def run(what: str) -> Result:
        for name, value in (right | wrong[what]).items():
            monkeypatch.setenv(name, value)
        return logsluice("check")

    return run


@pytest.fixture(scope="module")
def _checked_topics(kafka: KafkaServer) -> None:
    kafka.create_topics(*(f"checked.{name}" for name in SUFFIXES))
    kafka.create_topics("checked.kept.briefly", config={"cleanup.policy": "compact,delete"})


@pytest.mark.usefixtures("_checked_topics")
@pytest.mark.parametrize(
    ("wrong", "exit_code", "said"),
    [
        ("nothing", 0, ["all there"]),
        ("settings", 3, ["LOGSLUICE_BATCH_MAX_EVENTS", "did you mean LOGSLUICE_OUTPUT_TOPIC?"]),
        ("broker", 4, ["does not answer"]),
        ("topics", 4, ["unmade.labelled, unmade.pending, unmade.verdicts, unmade.dead missing"]),
        ("policy", 4, ["checked.kept.briefly has cleanup.policy compact,delete", "set it to compact"]),
        ("property", 3, ["did you mean security.protocol?"]),
        ("bundle", 5, ["manifest.json"]),
    ],
)
def test_a_check_says_what_holds_and_exits_with_what_does_not(
    check: Callable[[str], Result], wrong: str, exit_code: int, said: list[str]
) -> None:
    ended = check(wrong)
    assert ended.exit_code == exit_code, ended.stdout
    assert ended.stderr == ""
    failing = {"policy": "topics", "property": "settings"}.get(wrong, wrong)
    rows = [line.split(maxsplit=2) for line in ended.stdout.splitlines()]
    assert {what for mark, what, _ in rows if mark == "fail"} == {failing} - {"nothing"}
    assert {mark for mark, _, _ in rows} <= {"ok", "fail"}
    assert [sentence for sentence in said if sentence not in ended.stdout] == []
    if wrong == "nothing":
        assert [what for _, what, _ in rows] == ["settings", "core", "bundle", "broker", "topics", "llm"]
