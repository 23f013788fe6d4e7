"""``OUTPUT_ROUTES`` on a real Kafka: where events of a label go, and that every one of them is accounted for."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from consumer.records.incoming import last_header
from tests.support.kafka_server import KafkaServer
from tests.support.service_process import PATIENT_GROUP, run_command
from tests.support.small_bundle import ROWS
from tests.support.world import World, settings

EACH = 120
ONE_IN = 5


def events() -> list[bytes]:
    """Return as many events of each label, mixed."""
    texts = [(label, text) for label, texts in ROWS.items() for text in texts]
    return [
        msgspec.json.encode({"source": "app", "log_message": texts[number % len(texts)][1], "number": number})
        for number in range(EACH * len(ROWS))
    ]


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_every_event_is_counted_wherever_its_label_sends_it(
    kafka: KafkaServer, small: Path, tmp_path: Path, delivery: str
) -> None:
    name = f"routed-{delivery}"
    alerts = f"{name}.alerts"
    routes = f"Security Alert={alerts},User Action=drop,Error=sample:{ONE_IN}"
    world = World(kafka, tmp_path, name, PATIENT_GROUP | {"LOGSLUICE_OUTPUT_ROUTES": routes}, bundle=small)
    kafka.create_topics(alerts)
    with world.start(DELIVERY=delivery) as service:
        service.wait_until_ready()
        withheld = service.series("logsluice_events_withheld_total")
        assert withheld == {("User Action", "drop"): 0, ("Error", "sample"): 0}
        world.publish(events())
        world.wait_until_worked_through()
        service.wait_until_total("logsluice_events_labelled_total", EACH * len(ROWS))
        labelled = Counter[str]()
        for (label, *_), count in service.series("logsluice_events_labelled_total").items():
            labelled[label] += int(count)
        withheld = service.series("logsluice_events_withheld_total")
        assert service.stop() == 0

    found = {
        topic: [
            (last_header(record, "label").decode(), last_header(record, "event_id").decode())
            for record in records
        ]
        for topic, records in ((topic, list(kafka.read_all(topic))) for topic in (world.output, alerts))
    }
    assert {label for label, _ in found[alerts]} == {"Security Alert"}
    assert "Security Alert" not in {label for label, _ in found[world.output]}
    published = Counter(label for records in found.values() for label, _ in records)
    for label, count in labelled.items():
        gone = sum(count for (name, _), count in withheld.items() if name == label)
        assert published[label] + gone == count, label
    assert published["User Action"] == 0 < withheld["User Action", "drop"]
    ids = [event_id for records in found.values() for _, event_id in records]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("routes", "exit_code", "said"),
    [
        ("Error=routed.nowhere", 4, "routed.nowhere"),
        ("Eror=drop", 3, "did you mean Error?"),
        ("Error", 3, "is not label=topic"),
        ("Error=routed.dead", 3, "has records of another kind"),
    ],
)
def test_a_route_that_leads_nowhere_ends_the_start(
    kafka: KafkaServer, small: Path, tmp_path: Path, routes: str, exit_code: int, said: str
) -> None:
    environment = settings(kafka, "routed") | {
        "LOGSLUICE_BUNDLE": str(small),
        "LOGSLUICE_OUTPUT_ROUTES": routes,
        "LOGSLUICE_HTTP_PORT": "0",
    }
    ended = run_command(tmp_path, environment, "run")
    assert (ended.returncode, said in ended.stderr) == (exit_code, True), ended.stderr


def test_topics_create_makes_those_of_routes(kafka: KafkaServer, tmp_path: Path) -> None:
    environment = settings(kafka, "routed-made") | {
        "LOGSLUICE_OUTPUT_ROUTES": "Error=routed-made.errors,Security Alert=drop,HTTP Status=routed-made.labelled"
    }
    made = run_command(tmp_path, environment, "topics", "create", "--partitions", "1")
    assert made.returncode == 0, made.stderr
    assert "routed-made.errors: created, 1 partitions" in made.stdout.splitlines()
    assert len(made.stdout.splitlines()) == 6
