"""A record of many events, of which one, or all together, are larger than the output topic takes."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumer.records.dead_letter import read_dead_letter
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, noise
from tests.support.world import World

LIMIT = 100_000
SMALL = 20


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("delivery", "form"),
    [("exactly-once", "json"), ("exactly-once", "same"), ("at-least-once", "same")],
)
def test_all_but_the_large_one_are_labelled_and_it_is_a_letter_alone(
    kafka: KafkaServer, small: Path, tmp_path: Path, delivery: str, form: str
) -> None:
    world = World(
        kafka,
        tmp_path,
        f"large-{delivery}-{form}",
        bundle=small,
        max_record_bytes={"OUTPUT": LIMIT},
        partitions=1,
    )
    sizes = [9_000] * SMALL
    sizes[7] = 2 * LIMIT
    events = [{"source": "app", "log_message": noise(size, n), "n": n} for n, size in enumerate(sizes)]
    world.publish([Raw(msgspec.json.encode(events)), Raw(b'{"source":"app","log_message":"the last"}')])
    with world.start(DELIVERY=delivery, OUTPUT_FORMAT=form) as service:
        service.wait_until_ready()
        world.wait_until_worked_through()
        service.wait_until_total("logsluice_dead_letters_total", 1)
        assert service.total("logsluice_events_consumed_total") == SMALL + 1
        assert service.total("logsluice_events_labelled_total") == SMALL
    came: list[Any] = []
    for value in world.labelled():
        came += value if isinstance(value, list) else [value]
    assert sorted(each.get("n", SMALL) for each in came) == [n for n in range(SMALL + 1) if n != 7]
    assert {each["classification"]["event_id"].partition("-0-0")[2] for each in came if "n" in each} == {
        f".{n}" for n in range(SMALL) if n != 7
    }
    (letter,) = [read_dead_letter(record) for record in kafka.read_all(world.dead)]
    assert letter is not None
    assert (letter.reason, letter.event_id) == ("too_large", f"{world.input}-0-0.7")
    assert msgspec.json.decode(letter.message.value() or b"") == [events[7]]
