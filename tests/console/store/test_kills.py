"""The store's counts are exact however often its process is killed, against the counts of another reader."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec

from console.store.store import Store
from tests.console.store.events import raw
from tests.console.store.follow import LABELS
from tests.console.store.followed import Followed
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import publish


def independent_counts(kafka: KafkaServer, topic: str) -> Counter[tuple[str, str, int]]:
    """Return the events of a topic by template, label and minute, as another reader counts them."""
    counts = Counter[tuple[str, str, int]]()
    for message in kafka.read_all(topic):
        said = msgspec.json.decode(message.value() or b"")["classification"]
        counts[said["template"], said["label"], message.timestamp()[1] // 60_000] += 1
    return counts


def test_counts_are_exact_however_often_it_is_killed(kafka: KafkaServer, tmp_path: Path) -> None:
    choose = Random(7)
    name, store = "killed", tmp_path / "store.db"
    followed = Followed(kafka, store, name)
    followed.make_topics(partitions=3)
    command = [sys.executable, "-m", "tests.console.store.follow", str(store), kafka.bootstrap_servers, name]
    now_ms = int(time.time() * 1000)
    written = 0
    for _ in range(4):
        events = [
            raw(
                f"template {choose.randrange(40)}",
                choose.choice(LABELS),
                now_ms - choose.randrange(7_200_000),
            )
            for _ in range(4_000)
        ]
        publish(kafka, followed.output, events)
        with subprocess.Popen(command) as process:
            before = sum(followed.counts().values()) if store.exists() else 0

            def has_begun(before: int = before) -> bool:
                return store.exists() and _events(store) > before + choose.randrange(2_500)

            wait_until(has_begun, "some of the events are counted", 60, 0.001)
            process.send_signal(signal.SIGKILL)
        written += 4_000
        assert _events(store) < written, "it was killed with work left to do"
    with followed.following():
        wait_until(lambda: sum(followed.counts().values()) >= written, "all is counted", 60)
    expected = independent_counts(kafka, followed.output)
    assert _stored(store, "SELECT x.template, t.events FROM templates t JOIN texts x USING (number)") == _by(
        expected, lambda text, label, minute: (text,)
    )
    assert _stored(
        store,
        "SELECT x.template, minute, events FROM template_minutes m JOIN texts x ON x.number = m.template",
    ) == _by(expected, lambda text, label, minute: (text, minute))
    assert _stored(
        store, "SELECT x.template, hour, events FROM template_hours h JOIN texts x ON x.number = h.template"
    ) == _by(expected, lambda text, label, minute: (text, minute // 60))
    assert _stored(
        store,
        "SELECT name, minute, sum(events) FROM label_minutes JOIN names ON names.id = label GROUP BY 1, 2",
    ) == _by(expected, lambda text, label, minute: (label, minute))
    assert _stored(
        store,
        "SELECT x.template, name, events FROM history h JOIN texts x ON x.number = h.template "
        "JOIN names ON names.id = h.label",
    ) == _by(expected, lambda text, label, minute: (text, label))


def _stored(store: Path, query: str) -> Counter[tuple[object, ...]]:
    reader = Store(store)
    with reader.read() as connection:
        found = connection.execute(query).fetchall()
    reader.close()
    return Counter({tuple(key): events for *key, events in found})


def _by(
    counts: Counter[tuple[str, str, int]], key: Callable[[str, str, int], tuple[object, ...]]
) -> Counter[tuple[object, ...]]:
    """Return counts summed up by a part of their keys."""
    summed = Counter[tuple[object, ...]]()
    for each, events in counts.items():
        summed[key(*each)] += events
    return summed


def _events(store: Path) -> int:
    reader = Store(store)
    with reader.read() as connection:
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'templates'").fetchone()
        found = (
            connection.execute("SELECT coalesce(sum(events), 0) FROM templates").fetchone()
            if tables
            else (0,)
        )
    reader.close()
    return int(found[0])
