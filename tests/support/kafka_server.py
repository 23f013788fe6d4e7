"""A real Apache Kafka in KRaft mode on this machine, for tests, benchmarks and faults. One node, 127.0.0.1 only."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.support.kafka_clients import KeptClients, are_led, new_reader, new_topics
from tests.support.kafka_jars import KafkaMissingError, kafka_jars
from tests.support.kafka_properties import server_properties

CLUSTER_ID = "bG9nc2x1aWNlLXRlc3RzMQ"
_START_PATIENCE_S = 60.0
_NO_COORDINATOR = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
}
_READER = "independent-reader"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(
    condition: Callable[[], bool], what: str, timeout_s: float = 30.0, every_s: float = 0.02
) -> None:
    """Return when a condition holds, looked at every so often.

    Raises:
        TimeoutError: it does not hold in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(every_s)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(
            1, signal.SIGKILL
        )  # PR_SET_PDEATHSIG: a killed test run leaves no broker behind


class KafkaServer:
    """A broker that can be stopped, killed and started again on the same data and port."""

    def __init__(
        self,
        directory: Path,
        properties: dict[str, str] | None = None,
        listeners: dict[str, str] | None = None,
        advertised: dict[str, str] | None = None,
        host: str = "127.0.0.1",
        jvm: tuple[str, ...] = (),
    ) -> None:
        """Lay out a broker. ``listeners`` are further ones by name, with their security protocol; see `address`.

        ``advertised`` are the addresses that further listeners name to clients, where these are to be wrong. ``jvm``
        are options of the Java virtual machine.
        """
        self._jvm = jvm
        # In one order, on which an archive of classes depends; that of a directory is any.
        self._classpath = ":".join(map(str, sorted(kafka_jars().glob("*.jar"))))
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap_servers = f"{host}:{self._port}"
        self._kept = KeptClients(self.bootstrap_servers)
        self._addresses = {name: f"127.0.0.1:{free_port()}" for name in listeners or {}}
        clients, controller = self.bootstrap_servers, f"127.0.0.1:{free_port()}"
        named = self._addresses | (advertised or {})
        settings = server_properties(directory, clients, controller, self._addresses, named, listeners or {})
        settings |= properties or {}
        directory.mkdir(parents=True, exist_ok=True)
        self._settings = directory / "server.properties"
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def address(self, listener: str) -> str:
        """Return host and port of a further listener."""
        return self._addresses[listener]

    def start(self) -> "KafkaServer":
        """Start the broker and return when it answers."""
        if not (self._directory / "data").exists():
            self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._settings)).wait(
                60
            )
        self._process = self._java("-Xmx512m", "kafka.Kafka", str(self._settings))
        wait_until(self._answers, f"Kafka answers; its output is in {self._output}", _START_PATIENCE_S)
        return self

    def stop(self, kill: bool = False) -> None:
        """Stop the broker as on an orderly shutdown, or kill it as a power loss would."""
        self._kept.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def send(self, number: signal.Signals) -> None:
        """Send the broker's process a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def create_topics(
        self,
        *topics: str,
        partitions: int = 4,
        config: dict[str, str] | None = None,
        max_bytes: Mapping[str, int] | None = None,
    ) -> None:
        """Create topics and return when each partition of them has a leader. Those of verdicts are compacted.

        ``max_bytes`` is the largest record that a topic takes, for those that are to have a limit of their own.
        """
        admin = self.admin()
        for future in admin.create_topics(new_topics(topics, partitions, config, max_bytes)).values():
            future.result(30)
        places = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        wait_until(lambda: are_led(admin, places), f"{', '.join(topics)} have leaders")

    def set_topic_config(self, topic: str, config: dict[str, str]) -> None:
        """Change settings of a topic."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        admin = self.admin()  # kept until it is answered
        for future in admin.incremental_alter_configs([resource]).values():
            future.result(30)

    def delete_topic(self, topic: str) -> None:
        """Delete a topic and return when the broker has."""
        self._kept.close()  # they would take the next one of its name for this one
        admin = self.admin()
        admin.delete_topics([topic])[topic].result(30)

    def producer(self) -> Producer:
        """Return a producer that all share, until the broker stops."""
        return self._kept.producer()

    def drop_producer(self) -> None:
        """Have the producer send nothing more, and the next one be new."""
        self._kept.drop_producer()

    def admin(self) -> AdminClient:
        """Return an admin client."""
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Return the end offset of each partition of a topic that has a leader by now."""
        watcher = self._kept.watcher(_READER)
        ends: dict[int, int] = {}
        for number in watcher.list_topics(topic, timeout=15).topics[topic].partitions:
            try:
                ends[number] = watcher.get_watermark_offsets(TopicPartition(topic, number), timeout=15)[1]
            except KafkaException as error:  # one that was made a moment ago
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                    raise
        return ends

    def committed(self, group: str, topic: str, stable: bool = True) -> dict[int, int]:
        """Return the offset that a group has committed for each partition of a topic; -1001 where none.

        ``stable`` waits for the end of transactions that may change them.
        """
        watcher = self._kept.watcher(group, "read_committed" if stable else "read_uncommitted")
        numbers = watcher.list_topics(topic, timeout=15).topics[topic].partitions
        places = [TopicPartition(topic, number) for number in numbers]
        deadline = time.monotonic() + 40
        while True:
            try:
                # A transaction that a killed process left open holds them back until the broker ends it: 20 s at most.
                found = watcher.committed(places, timeout=max(0.1, deadline - time.monotonic()))
                return {each.partition: each.offset for each in found}
            except KafkaException as error:  # of a group whose offsets no broker has yet
                if error.args[0].code() not in _NO_COORDINATOR or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def read_all(self, *topics: str) -> Iterable[Message]:
        """Yield every record that topics hold now, as an independent reader with ``read_committed`` sees them."""
        consumer = new_reader(self.bootstrap_servers, _READER)
        try:
            left: dict[tuple[str, int], int] = {}
            for topic in topics:
                left |= {(topic, p): end for p, end in self.end_offsets(topic).items() if end > 0}
            consumer.assign([TopicPartition(topic, p, 0) for topic, p in left])
            deadline = time.monotonic() + 60
            while left:
                for message in consumer.consume(10_000, timeout=0.1):
                    if message.error() is None:
                        deadline = time.monotonic() + 60
                        yield message
                for place in consumer.position([TopicPartition(topic, p) for topic, p in left]):
                    if place.offset >= left[place.topic, place.partition]:
                        del left[place.topic, place.partition]
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not read to the end: {left}")
        finally:
            consumer.close()

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise KafkaMissingError(f"Kafka ended at once; its output is in {self._output}")
        try:
            self.admin().list_topics(timeout=1)
        except KafkaException:
            return False
        return True

    @property
    def _output(self) -> Path:
        return self._directory / "output.log"

    def _java(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with self._output.open("ab") as output:
            return subprocess.Popen(
                ["java", *self._jvm, "-cp", self._classpath, *arguments],
                stdout=output,
                stderr=output,
                cwd=self._directory,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
