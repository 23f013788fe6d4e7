"""Every format, and what is none, through a running service: by the name of the format, and recognised."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumer.records.formats.found import Origin
from consumer.records.formats.table import FORMATS, any_object
from consumer.records.incoming import headers_of
from pipeline.event import Event
from pipeline.masking import mask
from tests.consumer.records.formats.examples import TOPIC, Example
from tests.consumer.records.formats.json_family import AUDIT, FAMILY
from tests.consumer.records.formats.shippers import EXAMPLES
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.world import World

ALL = [*FAMILY, *AUDIT, *EXAMPLES]
BY_NAME = {example.name: example for example in ALL}
NAMED = sorted({example.format for example in ALL})
ODD: dict[str, tuple[bytes | None, str | None]] = {
    "tombstone": (None, "tombstone"),
    "empty": (b"", "empty"),
    "not UTF-8": (b"\xff\xfe broken", None),
    "words": (b"plain words of no form", None),
}
"""Records that are dead in every format, but that words are text; and the reason, where it is the same in all."""


class Stream(World):
    """A topic of all formats mixed, and one for each by its name; all that came out, by the topic it came from."""

    def __init__(self, kafka: KafkaServer, directory: Path, small: Path) -> None:
        super().__init__(kafka, directory, "formats", bundle=small, partitions=1)
        self.topics = {"auto": self.input} | {name: f"formats.in.{name}" for name in NAMED}
        kafka.create_topics(*(self.topics[name] for name in NAMED), partitions=1)
        named = ",".join(f"{topic}={name}" for name, topic in self.topics.items())
        self.service = self.start(INPUT_TOPIC=",".join(self.topics.values()), INPUT_FORMAT=named)
        self.sent = 0
        self.came: dict[tuple[str, str], list[tuple[Event, dict[str, Any]]]] = {}
        self.died: dict[tuple[str, str], list[dict[str, bytes | None]]] = {}

    def send(self) -> None:
        """Write every example to two topics, and what is odd to all."""
        for name, topic in self.topics.items():
            records = [each for each in ALL if name in ("auto", each.format)]
            raw = [Raw(each.value, None, [*each.headers, ("name", each.name.encode())]) for each in records]
            raw += [Raw(value, None, [("name", odd.encode())]) for odd, (value, _) in ODD.items()]
            publish(self.kafka, topic, raw)
            self.sent += sum(len(each.events) for each in records) + len(ODD)

    def finish(self) -> None:
        """Wait until all of it is counted, and read what came out."""
        self.service.wait_until_ready()
        self.service.wait_until_total("logsluice_events_consumed_total", self.sent, 120)
        read = any_object(None, None)
        names = {topic: name for name, topic in self.topics.items()}
        for record in self.kafka.read_all(self.output):
            value = msgspec.json.decode(record.value() or b"")
            said = value["classification"]
            topic = said["event_id"].rsplit("-", 2)[0]
            found = read(record.value() or b"", Origin(topic)).event
            headers = dict(headers_of(record) or [])
            source = found.source
            if source == topic:  # of a CloudEvent the headers name it
                source = (headers.get("ce_source") or TOPIC.encode()).decode()
            event = Event(source, found.message, said.get("severity", ""))
            place = names[topic], (headers["name"] or b"").decode()
            self.came.setdefault(place, []).append((event, said))
        for record in self.kafka.read_all(self.dead):
            headers = dict(headers_of(record) or [])
            name = names[(headers["topic"] or b"").decode()]
            self.died.setdefault((name, (headers["name"] or b"").decode()), []).append(headers)


@pytest.fixture(scope="module")
def stream(kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """All formats, worked through; the service goes on running."""
    stream = Stream(kafka, tmp_path_factory.mktemp("formats"), small)
    with stream.service:
        stream.send()
        stream.finish()
        yield stream


def test_the_stream_has_every_format() -> None:
    assert {"auto", "registry", *NAMED} == {*FORMATS}
    assert len(NAMED) > 11


@pytest.mark.timeout(240)
@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_its_events_come_out_labelled_with_source_message_and_severity(
    stream: Stream, example: Example
) -> None:
    named = stream.came.get((example.format, example.name), [])
    recognised = stream.came.get(("auto", example.name), [])
    expected = [(each.source, mask(each.message), each.severity) for each in example.events]
    for found in (named, recognised):
        assert [(event.source, said["template"], event.severity) for event, said in found] == expected
    labels = [[(said["label"], said["tier"]) for _, said in found] for found in (named, recognised)]
    assert labels[0] == labels[1]
    if len(example.events) > 1:
        ids = [said["event_id"].partition(".in.")[2] for _, said in named]
        assert [each.rsplit(".", 1)[1] for each in ids] == [str(n) for n in range(len(example.events))]


@pytest.mark.parametrize("name", ["auto", *NAMED])
@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_of_the_format_is_a_dead_letter_with_its_reason(
    stream: Stream, name: str, odd: str
) -> None:
    reason = ODD[odd][1]
    if odd == "words" and name in ("auto", "text"):
        assert [event.message for event, _ in stream.came[name, odd]] == ["plain words of no form"]
        return
    (letter,) = stream.died[name, odd]
    assert reason is None or letter["reason"] == reason.encode()
    assert (name, odd) not in stream.came


def test_the_account_closes_in_events(stream: Stream) -> None:
    service = stream.service
    service.wait_until_total("logsluice_dead_letters_total", sum(map(len, stream.died.values())))
    labelled, dead, pending = (
        service.total(f"logsluice_{name}_total")
        for name in ("events_labelled", "dead_letters", "events_pending")
    )
    assert labelled + dead + pending == service.total("logsluice_events_consumed_total") == stream.sent
    assert labelled == sum(map(len, stream.came.values()))
    assert {name for name, example in BY_NAME.items() if example.events} <= {
        name for form, name in stream.came if form == "auto"
    }
