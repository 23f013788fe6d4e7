"""Faults of the broker: killed under load, and gone while the service is asked to stop."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from consumer.errors import EXIT_BROKER
from faults.size import Size
from faults.stream import BATCH, Outcome, Stream, broken
from tests.support.kafka_server import KafkaServer, wait_until


def broker_kills(kafka: KafkaServer, directory: Path, size: Size, seed: int, delivery: str) -> Outcome:
    """Kill the broker under load and start it again; the service is to live through it."""
    stream = Stream(kafka, directory, f"broker-kills-{delivery}", delivery, seed)
    with ThreadPoolExecutor(1) as pool, stream.replica() as service:
        service.wait_until_ready()
        share = size.events // (size.broker_kills + 1)
        for _ in range(size.broker_kills):
            sending = pool.submit(stream.send, share, per_second=share / 4)
            stream.wait_for_progress(share // 4)
            kafka.stop(kill=True)
            wait_until(lambda: service.readiness()[0] == 503, "the service says that it is not ready", 60)
            kafka.start()
            wait_until(stream.answers, "the broker leads its partitions again", 60)
            sending.result()
        stream.send(size.events - share * size.broker_kills)
        found = stream.finish(service)
        # A process may lose its membership with the broker, and with that the commit of the batch at hand.
        wrong = broken(found, duplicates=0 if delivery == "exactly-once" else size.broker_kills * BATCH)
        wait_until(lambda: service.readiness()[0] == 200, "the service is ready again", 60)
        ended = service.stop()
    stream.close()
    if ended != 0:
        wrong.append(f"a stop ended with {ended}")
    return Outcome(f"broker killed {size.broker_kills} x, {delivery}", found, wrong, "the service lived on")


def stopped(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Kill the broker, then stop the process: it has to end in time and say why, and its successor to go on."""
    draw = random.Random(seed)
    stream = Stream(kafka, directory, "stopped", "at-least-once", seed)
    # So that the broker is as likely killed in a commit as elsewhere.
    stream.environment["LOGSLUICE_BATCH_MAX_EVENTS"] = "1"
    wrong, took_s = [], []
    share = size.stop_events // size.broker_kills
    for _ in range(size.broker_kills):
        stream.send(share)
        stream.flush()
        with stream.replica() as service:
            service.wait_until_ready()
            stream.wait_for_progress(draw.randrange(1, share // 2))
            kafka.stop(kill=True)
            wait_until(lambda service=service: service.readiness()[0] == 503, "it is not ready", 60)  # type: ignore[misc]
            began = time.monotonic()
            code = service.stop()
            took_s.append(time.monotonic() - began)
            if code != EXIT_BROKER or "it is not committed" not in service.output.splitlines()[-1]:
                wrong.append(f"a stop without a broker ended with {code}")
        kafka.start()
        wait_until(stream.answers, "the broker leads its partitions again", 60)
    with stream.replica() as service:
        found = stream.finish(service)
        if service.stop() != 0:
            wrong.append("a stop did not end in order")
    stream.close()
    wrong += broken(found, duplicates=size.broker_kills)
    note = f"at-least-once, ended within {max(took_s):.0f} s"
    return Outcome(f"{size.broker_kills} x stopped without a broker", found, wrong, note)
