"""What the verdicts topic costs a process that starts: read from a real Kafka with the service's own reader."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.scale.sizes import events_of, verdict_records
from consumer.kafka.verdict_follower import VerdictFollower
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import Bundle
from pipeline.memory import VerdictMemory
from tests.support.kafka_server import KafkaServer
from tests.support.raw_records import Raw, publish


class Read(msgspec.Struct, frozen=True):
    """So many verdicts: how many bytes each takes in the topic, compressed, and seconds to read all of them."""

    verdicts: int
    topic_bytes: float
    wall_s: float
    cpu_s: float


def measure(server: KafkaServer, directory: Path, bundle: Bundle, numbers: Sequence[int]) -> list[Read]:
    """Fill a topic for each number of verdicts, and read it as a process does before it is ready."""
    records = [Raw(r.value, r.key) for r in verdict_records(bundle, [*events_of(max(numbers))])]
    return [_read(server, directory, bundle, records[:number]) for number in numbers]


def _read(server: KafkaServer, directory: Path, bundle: Bundle, records: Sequence[Raw]) -> Read:
    topic = f"scale.{len(records)}.verdicts"
    server.create_topics(topic)
    publish(server, topic, records)
    memory = VerdictMemory(2 * len(records))
    settings = Settings(bootstrap_servers=server.bootstrap_servers, verdicts_topic=topic)
    follower = VerdictFollower(settings, bundle, memory, Metrics(bundle.labels))
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        follower.catch_up(lambda: False)
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        follower.close()
    size = sum(file.stat().st_size for file in directory.glob(f"data/{topic}-*/*.log"))
    return Read(len(memory), size / len(records), wall_s, cpu_s)


def per_verdict_s(few: Read, many: Read) -> float:
    """Return the processor seconds that one verdict more takes at the start."""
    return (many.cpu_s - few.cpu_s) / (many.verdicts - few.verdicts)
