"""From the writing of an event to the writing of its label: what a user waits, at half of the full load."""

import itertools
import time

import msgspec
import numpy as np
from confluent_kafka import Producer

from benchmarks.streams import STREAMS
from benchmarks.throughput import LOGSLUICE, start, stop
from tests.support.kafka_server import KafkaServer, wait_until


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from an event's timestamp to its publication, at so many events a second."""

    events_per_second: float
    p50_ms: float
    p99_ms: float


WARM_UP_EVENTS = 100_000


def measure(server: KafkaServer, stream: str, rate: float, seconds: float = 20.0) -> Latency:
    """Ship events of a stream at a rate to a service that is up and has seen the stream's templates."""
    source, output = f"latency.{stream}.in", f"latency.{stream}.out"
    server.create_topics(source)
    server.create_topics(output, config={"message.timestamp.type": "LogAppendTime"})
    process = start(LOGSLUICE, server, source, output)
    try:
        producer = Producer(
            {"bootstrap.servers": server.bootstrap_servers, "linger.ms": 5, "compression.type": "lz4"}
        )
        events = STREAMS[stream]()
        for event in itertools.islice(events, WARM_UP_EVENTS):
            producer.produce(source, event)
            producer.poll(0)
        producer.flush()
        wait_until(lambda: sum(server.end_offsets(output).values()) >= WARM_UP_EVENTS, "warm", 120)
        ready = list(itertools.islice(events, int(rate * seconds) + 1))  # making them takes time of its own
        begin = time.time()
        sent = 0
        while (elapsed := time.time() - begin) < seconds:
            while sent < min(elapsed * rate, len(ready)):
                value = ready[sent][:-1] + b',"sent_ms":%d}' % int(time.time() * 1000)
                producer.produce(source, value)
                sent += 1
            producer.poll(0.002)
        producer.flush()
        all_sent = WARM_UP_EVENTS + sent
        wait_until(lambda: sum(server.end_offsets(output).values()) >= all_sent, "all are labelled", 120)
    finally:
        stop(process)
    waited = []
    for message in server.read_all(output):
        sent_ms = msgspec.json.decode(message.value() or b"{}").get("sent_ms")
        if sent_ms is not None:
            waited.append(message.timestamp()[1] - sent_ms)
    p50, p99 = np.percentile(waited, (50, 99))
    return Latency(sent / seconds, float(p50), float(p99))
