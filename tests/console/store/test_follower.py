"""The store on a real Kafka, whatever becomes of the topics and of their records."""

import socket
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import NewPartitions
from prometheus_client import CollectorRegistry

from console.store import reading
from console.store.detail import corrections
from console.store.follower import Follower
from console.store.metrics import StoreMetrics
from console.store.queries import new
from console.store.schema import StoreError
from console.store.store import Store
from console.store.timeline import dead_letters
from consumer.kafka.one_shot import publish_all
from consumer.records.verdict import VerdictKey, VerdictValue, verdict_record
from consumer.settings import Settings
from pipeline.memory import Remembered, VerdictMemory
from tests.console.store.events import raw
from tests.console.store.follow import BOUNDS, LABELS
from tests.console.store.followed import Followed
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import Raw, publish


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LOOK_EVERY_S", 0.5)


def test_aborted_transactions_are_not_counted(kafka: KafkaServer, tmp_path: Path) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "aborted")
    followed.make_topics(partitions=1)
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": "aborted"})
    producer.init_transactions(30)
    with followed.following():
        for template, keep in (("aborted", False), ("committed", True), ("aborted", False)):
            producer.begin_transaction()
            for _ in range(5):
                producer.produce(followed.output, raw(template).value)
            producer.flush(30)
            if keep:
                producer.commit_transaction(30)
            else:
                producer.abort_transaction(30)
        wait_until(lambda: _next(followed) >= 17, "it has read past all of them", 30)
        assert followed.metric("store_lag", topic=followed.output) == 0
    assert followed.counts() == {"committed": 5}


def _next(followed: Followed) -> int:
    reader = Store(followed.path)
    with reader.read() as connection:
        found = connection.execute(
            "SELECT coalesce(sum(next), 0) FROM positions WHERE topic = ?", [followed.output]
        ).fetchone()
    reader.close()
    return int(found[0])


def test_partitions_that_are_added_and_topics_that_are_made_again_are_read(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "growing")
    followed.make_topics(partitions=1)
    publish(kafka, followed.output, [raw("first"), raw("first")])
    with followed.following():
        followed.wait_for({"first": 2})
        admin = kafka.admin()  # kept until it has answered
        admin.create_partitions([NewPartitions(followed.output, 3)])[followed.output].result(30)
        publish(kafka, followed.output, [raw("added", partition=2)])
        followed.wait_for({"first": 2, "added": 1})
        kafka.delete_topic(followed.output)
        kafka.create_topics(followed.output, partitions=2)
        publish(kafka, followed.output, [raw("again", partition=0), raw("again", partition=1)])
        followed.wait_for({"first": 2, "added": 1, "again": 2})
    # While nobody follows, it is made again with as many records as were read.
    kafka.delete_topic(followed.output)
    kafka.create_topics(followed.output, partitions=2)
    publish(kafka, followed.output, [raw("third", partition=0), raw("third", partition=1)])
    with followed.following():
        followed.wait_for({"first": 2, "added": 1, "again": 2, "third": 2})


def test_records_deleted_before_they_were_read_are_counted_as_missed(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "deleted")
    followed.make_topics(partitions=1)
    publish(kafka, followed.output, [raw("read")])
    with followed.following():
        followed.wait_for({"read": 1})
    publish(kafka, followed.output, [raw("deleted")] * 7 + [raw("kept")])
    admin = kafka.admin()
    for future in admin.delete_records([TopicPartition(followed.output, 0, 8)]).values():
        future.result(30)
    with followed.following():
        followed.wait_for({"read": 1, "kept": 1})
        assert followed.metric("store_records_missed_total", reason="deleted") == 7


def test_what_was_never_seen_is_new_once(kafka: KafkaServer, tmp_path: Path) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "new")
    followed.make_topics()
    publish(kafka, followed.output, [raw("known")])
    with followed.following():
        wait_until(lambda: _warm(followed), "the warm-up is over", 30)
        assert followed.metric("templates_new_total", label="Error") == 0
        publish(
            kafka, followed.output, [raw("known"), raw("never seen", "Security Alert"), raw("never seen")]
        )
        followed.wait_for({"known": 2, "never seen": 2})
        wait_until(lambda: _new_total(followed) == 1, "it is counted as new", 30)
    rows = followed.rows()
    assert {text: row.is_new for text, row in rows.items()} == {"known": False, "never seen": True}
    with followed.following():  # nothing is new again
        assert _new_total(followed) == 1
        publish(kafka, followed.output, [raw("never seen"), raw("known")])
        followed.wait_for({"known": 3, "never seen": 3})
        assert _new_total(followed) == 1
    store = Store(followed.path)
    with store.read() as connection:
        assert [row.template for row in new(connection, 0, int(time.time() * 1000))] == ["never seen"]
    store.close()


def _new_total(followed: Followed) -> float:
    return sum(followed.metric("templates_new_total", label=label) for label in LABELS)


def _warm(followed: Followed) -> bool:
    store = Store(followed.path)
    with store.read() as connection:
        found = connection.execute("SELECT 1 FROM meta WHERE name = 'warm_until_ms'").fetchone()
    store.close()
    return found is not None


def test_dead_letters_and_verdicts_are_followed(kafka: KafkaServer, tmp_path: Path) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "others")
    followed.make_topics()
    letter: list[tuple[str, bytes | None]] = [("reason", b"not_json"), ("topic", b"raw")]
    publish(kafka, followed.dead, [Raw(b"x", headers=letter), Raw(b"no letter")])
    publish(kafka, followed.output, [raw("odd <num>", confidence=0.5)])
    key = VerdictKey("taxonomy", "*", "odd <num>", "person")
    value = VerdictValue("Security Alert", 1.0, "person", 2, 5, "ada")

    def say(what: VerdictValue | None) -> None:
        assert publish_all(followed.settings, [verdict_record(followed.verdicts, key, what)], 30) == []

    def said() -> list[tuple[str, str]]:
        store = Store(followed.path)
        with store.read() as connection:
            found = [(each.label, each.author) for each in corrections(connection)]
            counts = dead_letters(connection, 3_600, 60, int(time.time() * 1000))
        store.close()
        dead.update({reason: sum(steps) for reason, steps in counts.by_label.items()})
        return found

    def remembered() -> Remembered | None:
        return followed.memory.get("odd <num>", "app")

    dead: dict[str, int] = {}
    say(value)
    with followed.following():
        wait_until(lambda: said() == [("Security Alert", "ada")], "the verdict is there", 30)
        wait_until(lambda: remembered() is not None, "the classifier of the console knows it", 30)
        wait_until(
            lambda: "odd <num>" in followed.rows() and followed.rows()["odd <num>"].corrected, "marked", 30
        )
        wait_until(lambda: bool(said()) and dead == {"not_json": 1}, "the letter is counted", 30)
        say(None)
        wait_until(lambda: said() == [], "the verdict is gone", 30)
        assert not followed.rows()["odd <num>"].corrected
        wait_until(lambda: remembered() is None, "the memory has forgotten it", 30)
        say(value)
        wait_until(lambda: said() != [], "it is back", 30)
    with followed.following():  # before the topic is read, what the store knows is remembered
        assert remembered() == Remembered("Security Alert", 1.0, "person", 5)
    # Forgotten while nobody followed, and compacted away: nothing in the topic says so.
    kafka.delete_topic(followed.verdicts)
    kafka.create_topics(followed.verdicts, partitions=2)
    with followed.following():
        wait_until(lambda: said() == [], "the verdict is gone", 30)
        wait_until(lambda: remembered() is None, "the memory has forgotten it", 30)


def test_a_second_process_may_not_write_the_same_store(kafka: KafkaServer, tmp_path: Path) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "second")
    with followed.following(), pytest.raises(StoreError, match="another process"), followed.following():
        pass


def test_a_broker_that_is_away_is_waited_for(kafka: KafkaServer, tmp_path: Path) -> None:
    followed = Followed(kafka, tmp_path / "store.db", "later")
    with followed.following() as follower:
        wait_until(lambda: "no topic" in (follower.problem or ""), "the topics are missed", 30)
        assert followed.metric("store_up") == 0
        followed.make_topics()
        publish(kafka, followed.output, [raw("late")])
        followed.wait_for({"late": 1})
        wait_until(lambda: follower.problem is None, "all is well", 30)


def test_a_broker_that_does_not_answer_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        follower = Follower(
            Settings(bootstrap_servers=address),
            tmp_path / "store.db",
            BOUNDS,
            0,
            StoreMetrics(CollectorRegistry(), LABELS),
            VerdictMemory(),
            time.time,
        )
        follower.start()
        asked, _ = silent.accept()
        closing = threading.Thread(target=follower.close)
        closing.start()
        closing.join(9)  # containers are killed ten seconds after they were asked to stop
        assert not closing.is_alive()
        asked.close()
