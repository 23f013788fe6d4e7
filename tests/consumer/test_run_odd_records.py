"""What a real stream has among its events: records that are odd, broken or huge, each labelled or kept as it was."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Message

from consumer.records.incoming import headers_of
from pipeline.masking import MASKED_CHARS
from tests.consumer.odd_records import CLASSIFIED, DEAD, DEAD_TEXT, KEYS, MARK, ODD, REFUSED_LINE, TEXT
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import LINE_BYTES, Raw, noise
from tests.support.service_process import PATIENT_GROUP
from tests.support.world import World


class Stream(World):
    """Records in, a service that works through them, and what came out by the name of each record."""

    def __init__(
        self,
        kafka: KafkaServer,
        directory: pytest.TempPathFactory,
        name: str,
        limits: tuple[int, ...] = (16 << 20, 8 << 20, 1 << 20, 1 << 20),
        **more: str,
    ) -> None:
        kinds = ("INPUT", "OUTPUT", "DEAD_LETTER", "VERDICTS")
        super().__init__(
            kafka,
            directory.mktemp(name),
            name,
            PATIENT_GROUP,
            max_record_bytes=dict(zip(kinds, limits, strict=True)),
        )
        self.service = self.start(**more)
        self.by_name: dict[str, Message] = {}
        self.letters: dict[str, Message] = {}

    def send(self, records: dict[str, bytes | None]) -> None:
        """Write records, each with its name in a header and a word in another that no log may have."""
        self.publish(
            Raw(value, None, [("name", name.encode()), ("mark", MARK.encode())])
            for name, value in records.items()
        )

    def finish(self) -> None:
        """Wait until everything is committed, and read what came out."""
        self.service.wait_until_ready()
        self.wait_until_worked_through()
        for into, topic in ((self.by_name, self.output), (self.letters, self.dead)):
            for record in self.kafka.read_all(topic):
                name = headers(record)["name"].decode()
                assert name not in into, "published twice"
                into[name] = record


@pytest.fixture(scope="module")
def streams(
    kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stream, Stream]]:
    """A stream of JSON and one of text, both worked through; the services go on running."""
    odd = Stream(kafka, tmp_path_factory, "odd", INPUT_FORMAT="json", BUNDLE=str(small))
    text = Stream(kafka, tmp_path_factory, "odd-text", INPUT_FORMAT="text", BUNDLE=str(small))
    with odd.service, text.service:
        odd.send(dict(ODD))
        odd.send({f"classified: {name}": value for name, (value, _) in CLASSIFIED.items()})
        odd.send({name: value for name, (value, _) in DEAD.items()})
        odd.send({"refused": REFUSED_LINE})
        for name, key in KEYS.items():
            value = b'{"log_message":"%b"}' % MARK.encode()
            odd.publish([Raw(value, key, [("name", f"key: {name}".encode())])])
        text.send(dict(TEXT))
        text.send({name: value for name, (value, _) in DEAD_TEXT.items()})
        odd.finish()
        text.finish()
        yield odd, text


@pytest.fixture
def odd(streams: tuple[Stream, Stream]) -> Stream:
    """The stream of JSON."""
    return streams[0]


@pytest.fixture
def text(streams: tuple[Stream, Stream]) -> Stream:
    """The stream of text."""
    return streams[1]


@pytest.mark.timeout(240)
def test_every_record_came_out_once(odd: Stream, text: Stream) -> None:
    assert set(odd.by_name) == {
        *ODD,
        *(f"classified: {name}" for name in CLASSIFIED),
        *(f"key: {name}" for name in KEYS),
    }
    assert set(odd.letters) == {*DEAD, "refused"}
    assert set(text.by_name) == set(TEXT)
    assert set(text.letters) == set(DEAD_TEXT)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_event_is_labelled_and_keeps_its_bytes(odd: Stream, name: str) -> None:
    sent, got = ODD[name].rstrip(), odd.by_name[name].value() or b""
    assert got.startswith(sent[:-1])
    added = got[len(sent) - 1 :]
    assert added.startswith(b',"classification":{')
    assert added.endswith(b"}}")
    assert classification(odd.by_name[name])["label"] == headers(odd.by_name[name])["label"].decode()


def test_a_long_line_is_labelled_on_its_first_part(odd: Stream) -> None:
    assert len(odd.by_name["a long line"].value() or b"") > LINE_BYTES
    assert 0 < len(classification(odd.by_name["a long line"])["template"]) <= MASKED_CHARS


def test_of_two_members_with_one_name_the_last_is_the_message(odd: Stream) -> None:
    assert classification(odd.by_name["same member twice"])["template"] == "the second"


@pytest.mark.parametrize("name", CLASSIFIED)
def test_a_classification_that_was_there_is_kept_under_another_name(odd: Stream, name: str) -> None:
    _, kept = CLASSIFIED[name]
    value = odd.by_name[f"classified: {name}"].value() or b""
    members = {
        key: bytes(raw) for key, raw in msgspec.json.decode(value, type=dict[str, msgspec.Raw]).items()
    }
    ours = json.loads(members.pop("classification"))
    assert members == {"log_message": b'"x"', **kept}
    assert ours["event_id"].startswith(odd.input)
    assert value.count(b'"classification"') == 1


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_kept(odd: Stream, name: str) -> None:
    assert odd.by_name[f"key: {name}"].key() == KEYS[name]


@pytest.mark.parametrize("name", DEAD)
def test_what_is_no_event_is_a_dead_letter_as_it_was(odd: Stream, name: str) -> None:
    value, reason = DEAD[name]
    assert odd.letters[name].value() == value
    assert headers(odd.letters[name])["reason"] == reason.encode()
    assert "cut_from" not in headers(odd.letters[name])


def test_what_even_the_dead_letter_topic_refuses_is_cut(odd: Stream) -> None:
    letter = odd.letters["refused"]
    assert letter.value() == REFUSED_LINE[: 256 << 10]
    assert headers(letter)["reason"] == b"too_large"
    assert headers(letter)["cut_from"] == b"%d" % len(REFUSED_LINE)


@pytest.mark.parametrize("name", TEXT)
def test_a_line_of_text_is_the_message_of_an_object(text: Stream, name: str) -> None:
    got = msgspec.json.decode(text.by_name[name].value() or b"")
    ours = got.pop("classification")
    assert got == {"source": text.input, "log_message": TEXT[name].decode()}
    assert ours["tier"] == headers(text.by_name[name])["tier"].decode()


@pytest.mark.parametrize("name", DEAD_TEXT)
def test_what_is_no_text_is_a_dead_letter_as_it_was(text: Stream, name: str) -> None:
    value, reason = DEAD_TEXT[name]
    assert text.letters[name].value() == value
    assert headers(text.letters[name])["reason"] == reason.encode()


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_records_that_are_too_large_only_together_are_labelled(
    kafka: KafkaServer, small: Path, tmp_path_factory: pytest.TempPathFactory, delivery: str
) -> None:
    """A client sends many records as one request for a partition, and the topic's limit holds for all of them."""
    limits = (1 << 20, 100_000, 1 << 20, 1 << 20)
    changed = {
        "DELIVERY": delivery,
        "KAFKA": '{"batch.size": 1000000, "linger.ms": 200}',
        "BUNDLE": str(small),
    }
    stream = Stream(kafka, tmp_path_factory, delivery, limits, **changed)
    with stream.service:
        lines = {f"line {n}": f'{{"log_message":"{noise(30_000, n)}"}}'.encode() for n in range(60)}
        stream.send(dict(lines))
        stream.finish()
        assert stream.service.stop() == 0
    assert stream.by_name.keys() == lines.keys()
    assert not stream.letters


def test_dead_letters_are_counted_by_reason(odd: Stream) -> None:
    expected = Counter([*(reason for _, reason in DEAD.values()), "too_large"])
    odd.service.wait_until_total("logsluice_dead_letters_total", expected.total())
    counted = odd.service.series("logsluice_dead_letters_total")
    assert {reason: count for (reason,), count in counted.items() if count} == expected


def test_nothing_of_a_record_is_in_the_logs_of_the_service(odd: Stream, text: Stream) -> None:
    for output in (odd.service.output, text.service.output):
        assert MARK not in output
        for word in (
            "cut off",
            "another name",
            "backup done",
            "the second",
            "97% full",
            noise(LINE_BYTES)[:40],
        ):
            assert word not in output
        assert "Traceback" not in output


def headers(record: Message) -> dict[str, bytes]:
    """Return the headers of a record; of a name that is there twice, the last."""
    return {name: value or b"" for name, value in headers_of(record) or []}


def classification(record: Message) -> dict[str, str]:
    """Return what was added to an event."""
    found: dict[str, str] = json.loads(record.value() or b"")["classification"]
    return found
