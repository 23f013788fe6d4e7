"""A correction over HTTP changes the label of the next event in the labelled topic, and so does undoing it."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.processes import START_PATIENCE_S, answers, running
from tests.support.kafka_server import KafkaServer, free_port, wait_until
from tests.support.raw_records import Raw
from tests.support.service_process import COMMAND
from tests.support.world import World

pytestmark = pytest.mark.timeout(300)


class Client:
    """Asks a console in a process of its own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def templates(self) -> list[dict[str, Any]]:
        """Return the templates that the store has."""
        found: list[dict[str, Any]] = self.ask("GET", "/v1/templates")["templates"]
        return found


def test_a_correction_holds_from_the_next_event_on(kafka: KafkaServer, small: Path, tmp_path: Path) -> None:
    world = World(kafka, tmp_path, "correcting", bundle=small, partitions=1)
    client = Client(free_port())
    store = {"LOGSLUICE_CONSOLE__STORE": str(tmp_path / "store.db")}
    serve: list[str | Path] = [COMMAND, "serve", "--port", client.url.rpartition(":")[2]]
    with (
        world.start() as service,
        running(serve, tmp_path / "console.log", world.environment | store) as console,
    ):
        service.wait_until_ready()

        def serves() -> bool:
            assert console.poll() is None, (tmp_path / "console.log").read_text()
            return answers(f"{client.url}/healthz")

        wait_until(serves, "the console serves", START_PATIENCE_S)

        first = _label_after(world)
        assert first != "User Action"
        wait_until(lambda: len(client.templates()) == 1, "the store has its template", 60)
        [row] = client.templates()
        given = client.ask("POST", "/v1/corrections", {"template_id": row["id"], "label": "User Action"})
        assert given["corrections"][0]["template"] == row["template"]
        wait_until(lambda: _label_after(world) == "User Action", "the next event has the label", 60, 0.5)
        wait_until(lambda: client.templates()[0]["label"] == "User Action", "the store has it", 60)
        assert client.templates()[0]["corrected"]
        assert _verdict(client) == ("User Action", "memory")
        client.ask("DELETE", f"/v1/corrections/{row['id']}")
        wait_until(lambda: _label_after(world) == first, "the next event has the label of before", 60, 0.5)
        wait_until(lambda: _verdict(client)[1] != "memory", "a file has it too", 60)
        events = len(world.labelled())
        wait_until(lambda: client.templates()[0]["events"] == events, "the store has all of them", 60)


def _verdict(client: Client) -> tuple[str, str]:
    """Return label and tier of the event as the console itself labels it."""
    events = {"events": [{"source": "app", "log_message": "query 42 failed with a syntax error"}]}
    [verdict] = client.ask("POST", "/v1/classify", events)["verdicts"]
    return verdict["label"], verdict["tier"]


def _label_after(world: World) -> str:
    """Return the label of an event that is published now."""
    before = len(world.labelled())
    message = b'{"source": "app", "log_message": "query 4711 failed with a syntax error"}'
    world.publish([Raw(message)])
    world.wait_until_published(before + 1)
    return str(world.labelled()[-1]["classification"]["label"])
