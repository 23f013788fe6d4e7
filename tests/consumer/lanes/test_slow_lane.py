"""The slow lane on a real Kafka, against a chat completions server that misbehaves on request."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conftest import Command
from tests.support.chat_server import ChatServer, error
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.odd_events import ODD_SOURCE, ODD_TEMPLATES, answer, asking, label_of, odd_events
from tests.support.world import World
from training.sample import sample_events

PATIENCE_S = 90.0


def some_odd_events(count: int) -> list[bytes]:
    """Return events of `ODD_TEMPLATES` templates."""
    return list(islice(odd_events(), count))


class Asking(World):
    """A world whose service asks a server whose answers the test decides."""

    def __init__(self, kafka: KafkaServer, server: ChatServer, directory: Path, name: str) -> None:
        super().__init__(kafka, directory, name, asking(server) | {"LOGSLUICE_LLM__DEADLINE_S": "2"})
        self.server = server

    def labelled(self) -> list[dict[str, Any]]:
        """Return the labelled events, each once: a second copy fails the test."""
        events = super().labelled()
        times = Counter(event["classification"]["event_id"] for event in events)
        assert times.most_common(1)[0][1] == 1, times.most_common(3)
        return events

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return the labelled events once there are so many."""
        self.wait_until_published(count)
        return self.labelled()

    def asked(self) -> Counter[str]:
        """Return how often each template was asked about."""
        return Counter(row["template"] for request in self.server.requests for row in request.asked)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.respond = answer
        yield server


@pytest.fixture
def world(kafka: KafkaServer, server: ChatServer, tmp_path: Path, request: pytest.FixtureRequest) -> Asking:
    return Asking(kafka, server, tmp_path, request.node.name[:60].replace("[", "-").replace("]", ""))


@pytest.mark.timeout(240)
def test_each_template_is_asked_about_once_by_all_replicas_and_restarts(world: Asking) -> None:
    odd = some_odd_events(3_000)
    world.publish([*islice(sample_events(templates=150, seed=3), 9_000), *odd])
    with world.start() as service:
        service.wait_until_ready()
        events = world.wait_for(12_000)
        legacy = [event for event in events if event["source"] == ODD_SOURCE]
        assert len(legacy) == 3_000
        for event in legacy:
            verdict = event["classification"]
            assert verdict["tier"] in ("llm", "memory")
            assert verdict["label"] == label_of(verdict["template"])
        asked = world.asked()
        assert len(asked) >= ODD_TEMPLATES
        assert max(asked.values()) == 1
        waited = len(asked)  # the odd ones, and those of the sample that nothing else could decide
        assert len(world.server.requests) <= waited / 16 + 20
        assert service.total("logsluice_llm_calls_total") == len(world.server.requests)
        assert service.total("logsluice_memory_verdicts") == waited
        before = len(world.server.requests)

        # A second replica knows all that the first one learned, and so does a restart.
        with world.start() as second:
            second.wait_until_ready()
            assert second.total("logsluice_memory_verdicts") == waited
            world.publish(some_odd_events(3_000))
            world.wait_for(15_000)
            assert second.stop() == 0
        assert service.stop() == 0
    assert len(world.server.requests) == before


@pytest.mark.timeout(240)
def test_an_llm_that_is_down_delays_only_what_waits_for_it(world: Asking) -> None:
    world.server.respond = lambda request: error(429, (("retry-after", "1"),))
    sample = list(islice(sample_events(templates=60, seed=4), 2_000))
    world.publish([*sample, *some_odd_events(600)])
    with world.start() as service:
        service.wait_until_ready()
        wait_until(
            lambda: service.total("logsluice_events_pending_total") >= 600, "the odd events wait", PATIENCE_S
        )
        pending = service.total("logsluice_events_pending_total")
        wait_until(
            lambda: service.total("logsluice_events_labelled_total") == 2_600 - pending,
            "all others are labelled",
        )
        wait_until(lambda: service.total("logsluice_llm_circuit_open") == 1, "the circuit opens", PATIENCE_S)
        assert len(world.labelled()) == 2_600 - pending
        world.server.respond = answer
        world.wait_for(2_600)
        assert service.total("logsluice_llm_circuit_open") == 0
        assert service.stop() == 0
    assert sum(world.kafka.end_offsets(world.dead).values()) == 0


@pytest.mark.timeout(240)
def test_what_waits_too_long_is_published_with_its_best_guess(world: Asking) -> None:
    world.server.respond = lambda request: error(503)
    world.publish(some_odd_events(50))
    with world.start(PENDING_MAX_AGE_S="3") as service:
        service.wait_until_ready()
        for event in world.wait_for(50):
            assert (event["classification"]["label"], event["classification"]["tier"]) == (
                "Unclassified",
                "none",
            )
        assert service.stop() == 0


@pytest.fixture
def command(world: Asking, logsluice: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line with the settings of this world."""
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return logsluice


@pytest.mark.timeout(240)
def test_a_refused_key_is_named_by_readyz_and_can_be_fixed_without_a_restart(
    world: Asking, command: Command
) -> None:
    world.server.respond = lambda request: error(401)
    world.publish(some_odd_events(20))
    with world.start() as service:
        service.wait_until_ready()
        wait_until(lambda: "llm" in service.readiness()[1]["degraded"], "readyz names the LLM", PATIENCE_S)
        status, said = service.readiness()
        assert status == 200
        assert "LLM__API_KEY" in said["degraded"]["llm"]
        assert service.total("logsluice_llm_refused") == 1
        refused = command("check")
        assert refused.exit_code == 1
        assert "does not accept the key" in refused.stdout
        world.server.respond = answer
        world.wait_for(20)
        wait_until(lambda: service.readiness()[1]["degraded"] == {}, "readyz is content")
        assert service.stop() == 0


@pytest.mark.timeout(240)
def test_a_person_outranks_the_model_in_every_running_replica(world: Asking, command: Command) -> None:
    (event,) = some_odd_events(1)
    message = msgspec.json.decode(event)["log_message"]
    world.publish([event])
    with world.start() as service:
        service.wait_until_ready()
        (first,) = world.wait_for(1)
        assert first["classification"]["tier"] == "llm"

        correct = ("correct", message, "--source", ODD_SOURCE)
        done = command(*correct, "--label", "Security Alert", "--yes")
        assert done.exit_code == 0, done.stderr
        assert first["classification"]["label"] in done.stdout
        assert "Security Alert" in done.stdout
        wait_until(lambda: service.total("logsluice_memory_verdicts") == 2, "the service has heard")
        world.publish([event])
        second = world.wait_for(2)[-1:]
        assert {e["classification"]["label"] for e in world.labelled()} >= {"Security Alert"}, second

        listed = command("verdicts", "--json")
        rows = [msgspec.json.decode(line) for line in listed.stdout.splitlines()]
        assert [(row["by"], row["label"], row["source"]) for row in rows] == [
            ("model", first["classification"]["label"], ODD_SOURCE),
            ("person", "Security Alert", ODD_SOURCE),
        ]
        forgotten = command(*correct, "--forget", "--yes")
        assert forgotten.exit_code == 0, forgotten.stderr
        wait_until(lambda: service.total("logsluice_memory_verdicts") == 1, "the service has heard")
        world.publish([event])
        latest = world.wait_for(3)
        assert Counter(e["classification"]["label"] for e in latest)[first["classification"]["label"]] == 2
        assert service.stop() == 0
    again = command(*correct, "--forget", "--yes")
    assert again.exit_code == 1
    assert "nobody has corrected" in again.stderr
    wrong = command(*correct, "--label", "Nonsense", "--yes")
    assert wrong.exit_code == 2
    assert "is not a label" in wrong.stderr
