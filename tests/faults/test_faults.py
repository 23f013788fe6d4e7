"""The quick half of ``make faults``, on a broker that may be killed; and that its account finds out what is off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.account import Account, Topics, account
from faults.scenarios import SCENARIOS
from faults.size import QUICK
from faults.stream import broken
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish
from tests.support.real_kafka import running_kafka

SEED = 20_250_711

GOOD = Account(events=10, labelled=8, pending=0, dead=2, missing=0, duplicated=0, invented=0, out_of_order=0)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"labelled": 7, "missing": 1}, "missing"),
        ({"duplicated": 1}, "duplicated"),
        ({"invented": 1}, "invented"),
        ({"out_of_order": 1}, "out_of_order"),
        ({"labelled": 7, "pending": 1}, "pending"),
    ],
)
def test_an_account_that_is_off_is_found_out(found: dict[str, int], word: str) -> None:
    assert broken(GOOD) == []
    off = Account(**{name: getattr(GOOD, name) for name in GOOD.__struct_fields__} | found)
    assert any(word in each for each in broken(off))


def test_an_account_finds_each_event_where_it_is(kafka: KafkaServer) -> None:
    topics = Topics("account.raw", "account.labelled", "account.pending", "account.dead")
    kafka.create_topics(topics.input, topics.output, topics.pending, topics.dead, partitions=1)

    def named(number: int) -> str:
        return f"{topics.input}-0-{number}"

    publish(kafka, topics.input, [Raw(b"{}", b"key")] * 7)
    # 1 comes twice, 2 behind 3, and nobody sent 99.
    labelled = [Raw(b"{}", b"key", [("event_id", named(n).encode())]) for n in (0, 1, 1, 3, 2, 99)]
    publish(kafka, topics.output, labelled)
    place: list[tuple[str, bytes | None]] = [
        ("topic", topics.input.encode()),
        ("partition", b"0"),
        ("offset", b"4"),
    ]
    publish(kafka, topics.dead, [Raw(b"{}", None, place)])
    # 2 waited once and is labelled by now, 5 waits.
    waiting = [("logsluice_pending", b'{"event_id":"%b"}' % named(n).encode()) for n in (2, 5)]
    publish(kafka, topics.pending, [Raw(b"{}", None, [header]) for header in waiting])
    assert account(kafka, topics) == Account(
        events=7, labelled=5, pending=1, dead=1, missing=1, duplicated=1, invented=1, out_of_order=1
    )


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A broker of its own: that of the other tests must live."""
    yield from running_kafka(tmp_path_factory.mktemp("mortal-kafka"))


@pytest.mark.kafka
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ["kills", "broker", pytest.param("hostile", marks=pytest.mark.long)])
def test_every_event_is_accounted_for(mortal: KafkaServer, tmp_path: Path, name: str) -> None:
    outcome = SCENARIOS[name](mortal, tmp_path, QUICK, SEED)
    assert outcome.wrong == [], outcome
