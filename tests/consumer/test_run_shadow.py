"""A shadow bundle next to the live one, on a real Kafka: it is counted, and nothing of it is in the output."""

from pathlib import Path
from shutil import copytree
from urllib.request import urlopen

import msgspec
import pytest

from consumer.records.incoming import headers_of
from pipeline.bundle import read_bundle
from tests.support.changed_bundle import LINE, with_rule
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.service_process import ServiceProcess
from tests.support.small_bundle import ROWS
from tests.support.world import World

EVENTS = "logsluice_shadow_events_total"


def events(copies: int) -> list[bytes]:
    messages = [LINE, *(message for messages in ROWS.values() for message in messages)]
    return [
        msgspec.json.encode({"source": "app", "log_message": message, "n": n})
        for n in range(copies)
        for message in messages
    ]


def output_of(world: World) -> list[tuple[object, ...]]:
    """Return the records of the output topic, without what differs from topic to topic."""
    found = []
    for record in world.kafka.read_all(world.output):
        value = (record.value() or b"").replace(world.name.encode(), b"")
        headers = [
            (name, (text or b"").replace(world.name.encode(), b"")) for name, text in headers_of(record) or []
        ]
        found.append((value, record.key(), headers))
    return sorted(found, key=repr)


def disagreeing(service: ServiceProcess) -> float:
    return sum(count for (agrees, _, _), count in service.series(EVENTS).items() if agrees == "no")


@pytest.mark.timeout(240)
def test_a_shadow_is_counted_by_event_and_not_published(
    kafka: KafkaServer, small: Path, tmp_path: Path
) -> None:
    live = tmp_path / "live"
    copytree(small, live)
    with_rule(live, "Error")
    other = tmp_path / "other"
    copytree(live, other)
    with_rule(other, "Security Alert")
    sent = events(10)

    alone = World(kafka, tmp_path, "shadow.off", bundle=live, partitions=1)
    with alone.start() as service:
        service.wait_until_ready()
        alone.publish(sent)
        alone.wait_until_worked_through()
        zeros = service.series(EVENTS)
        assert set(zeros.values()) == {0}
        assert {("no", "Error", "Security Alert"), ("yes", "Error", "Error")} < set(zeros)
        assert service.stop() == 0

    world = World(kafka, tmp_path, "shadow.on", bundle=live, partitions=1)
    with world.start(SHADOW_BUNDLE=str(other)) as service:
        service.wait_until_ready()
        wait_until(lambda: service.series("logsluice_shadow_loads_total")["done",] == 1, "it is loaded", 90)
        world.publish(sent)
        world.wait_until_worked_through()
        wait_until(
            lambda: service.total("logsluice_shadow_templates_total") == 16, "all templates are labelled", 90
        )
        assert output_of(world) == output_of(alone)
        assert service.series("logsluice_shadow_templates_total") == {("yes",): 15, ("no",): 1}

        world.publish(sent)
        world.wait_until_worked_through()
        wait_until(lambda: disagreeing(service) >= 10, "they are counted", 60)
        series = service.series(EVENTS)
        assert {pair for pair, count in series.items() if count and pair[0] == "no"} == {
            ("no", "Error", "Security Alert")
        }
        assert service.series("logsluice_shadow_bundle_info") == {(read_bundle(other).version,): 1}
        with urlopen(f"http://127.0.0.1:{service.port}/shadow?limit=5", timeout=10) as answer:
            shown = msgspec.json.decode(answer.read())
        assert shown["bundle"] == read_bundle(other).version
        [difference] = shown["differences"]
        assert (difference["template"], difference["label"]) == (LINE, "Error")
        assert (difference["shadow"]["label"], difference["shadow"]["tier"]) == ("Security Alert", "rules")
        assert difference["count"] == disagreeing(service)

        # What was decided long ago is shown to another shadow too, when it comes again.
        with_rule(other, "Error")
        wait_until(lambda: service.series("logsluice_shadow_loads_total")["done",] == 2, "it is swapped", 90)
        before = disagreeing(service)
        for _ in range(2):  # it may have been loaded in the middle of a batch
            world.publish(sent)
            world.wait_until_worked_through()
        wait_until(
            lambda: service.series("logsluice_shadow_templates_total") == {("yes",): 31, ("no",): 1},
            "all templates are labelled again",
            90,
        )
        assert disagreeing(service) == before
        assert service.stop() == 0
