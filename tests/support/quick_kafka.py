"""A broker for a few tests, which starts in a third of the processor time (1.9 s instead of 5.8).

What every start would do again is done once and kept in ``.cache``: the JVM's classes are archived as they are in
memory, and the data directory is formatted.
"""

import fcntl
import json
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from tests.support.kafka_jars import VERSION, kafka_jars
from tests.support.kafka_properties import server_properties
from tests.support.kafka_server import CLUSTER_ID, KafkaServer

JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData")
"""For a broker that lives for a few tests: a compiler that is quick at compiling, and no threads for garbage."""
PROPERTIES = {
    "metadata.max.idle.interval.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
}
_CACHE = Path(__file__).parents[2] / ".cache"
_FORMATTED = ("meta.properties", "bootstrap.checkpoint")


def quick_kafka(directory: Path, properties: dict[str, str] | None = None, **options: Any) -> KafkaServer:
    """Lay out a broker, with the further options of `KafkaServer`; who calls starts it.

    Raises:
        KafkaMissingError: there is no Kafka here.
    """
    made = _made()
    shutil.copytree(made / "data", directory / "data")
    archive = f"-XX:SharedArchiveFile={made / 'classes.jsa'}"
    return KafkaServer(directory, PROPERTIES | (properties or {}), jvm=(*JVM, archive), **options)


@cache
def _made() -> Path:
    """Return the directory of what is kept for just these jars, JVM and settings; the first that asks makes it."""
    directory = _CACHE / f"kafka-{VERSION}-quick-{_known(kafka_jars())[:12]}"
    directory.parent.mkdir(exist_ok=True)
    with (_CACHE / "kafka-quick.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            for old in _CACHE.glob("kafka-*-quick-*"):
                shutil.rmtree(old)
            part = directory.with_name(f"{directory.name}.part")
            _make(part)
            part.rename(directory)
    return directory


def _known(jars: Path) -> str:
    """Return the digest of what the archive and the formatted data depend on."""
    java = subprocess.run(["java", "-version"], capture_output=True, check=True, text=True).stderr
    settings = server_properties(Path(), "", "", {}, {}, {}) | PROPERTIES
    # A JVM refuses an archive of classes from jars of another path, size or second.
    files = [(jar.name, jar.stat().st_size, int(jar.stat().st_mtime)) for jar in sorted(jars.glob("*.jar"))]
    known = [java, JVM, CLUSTER_ID, settings, _FORMATTED, str(jars.resolve()), files]
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _make(directory: Path) -> None:
    """Run a broker once, and keep its classes and what it was formatted with."""
    archive = directory / "classes.jsa"
    server = KafkaServer(directory / "broker", PROPERTIES, jvm=(*JVM, f"-XX:ArchiveClassesAtExit={archive}"))
    try:
        server.start()
        archive.unlink()  # the one of the tool that formats
        _work(server)
        server.stop()
    finally:
        server.stop(kill=True)  # where it still runs
    assert archive.exists(), "the broker has archived its classes"
    (directory / "data").mkdir()
    for name in _FORMATTED:
        (directory / "broker" / "data" / name).rename(directory / "data" / name)
    shutil.rmtree(directory / "broker")


def _work(server: KafkaServer) -> None:
    """Do what most tests do to a broker."""
    server.create_topics("some", "some.verdicts")
    producer = Producer(
        {"bootstrap.servers": server.bootstrap_servers, "transactional.id": "some", "log_level": 0}
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("some", b"value", b"key")
    producer.commit_transaction(30)
    assert [message.value() for message in server.read_all("some")] == [b"value"]
    server.committed("some", "some")
