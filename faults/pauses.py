"""A process that is frozen in the middle of a transaction, and one that has been replaced by the time it goes on."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from consumer.errors import EXIT_BROKER
from faults.size import Size
from faults.stream import BATCH, Outcome, Stream, broken
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.service_process import ServiceProcess

COMMIT_S = 2.0
"""How long the broker may take to commit."""
RESTARTED = "transaction aborted; retrying the batch"


def frozen(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Freeze the process until the broker has ended its transaction, and let it go on; then once more, replaced."""
    draw = random.Random(seed)
    stream = Stream(kafka, directory, "frozen", "exactly-once", seed)
    wrong = []
    with stream.replica() as service:
        stream.send(size.events // 2)
        freeze(stream, service, draw)
        wait_until(lambda: not stream.in_transaction(), "the broker ends the transaction", 60)
        service.send(signal.SIGCONT)
        stream.finish(service)
        if not service.logged(RESTARTED):
            wrong.append("the process did not begin another transaction")
        stream.send(size.events - size.events // 2)
        freeze(stream, service, draw)
        with stream.replica() as successor:
            stream.finish(successor)
            service.send(signal.SIGCONT)
            # They have one name between them. Whichever is fenced again and again ends, and the other goes on.
            ended = first_to_end(stream, service, successor)
            other = successor if ended is service else service
            if ended.wait() != EXIT_BROKER:
                wrong.append(f"one of two processes with one name ended with {ended.wait()}")
            found = stream.finish(other)
            if other.stop() != 0:
                wrong.append("the other did not end in order")
    stream.close()
    return Outcome("frozen, then replaced", found, [*broken(found), *wrong], "exactly-once")


def first_to_end(stream: Stream, *services: ServiceProcess) -> ServiceProcess:
    """Send events until one of the services has ended by itself, and return it."""

    def ended() -> ServiceProcess | None:
        stream.send(BATCH)
        stream.flush()
        return next((service for service in services if service.has_ended), None)

    wait_until(lambda: ended() is not None, "one of the processes ends", 120, 0.5)
    return next(service for service in services if service.has_ended)


def freeze(stream: Stream, service: ServiceProcess, draw: random.Random) -> None:
    """Stop the process in the middle of a transaction: at random moments, until one is open."""
    stream.wait_for_progress(1)
    for _ in range(200):
        stream.send(BATCH)
        stream.flush()
        time.sleep(draw.uniform(0, 0.1))
        service.send(signal.SIGSTOP)
        # A commit that was on its way when the process stopped ends the transaction within moments.
        if stream.in_transaction() and not _comes_true(lambda: not stream.in_transaction(), COMMIT_S):
            return
        service.send(signal.SIGCONT)
    raise AssertionError("the process has no transaction open, however often it is stopped")


def _comes_true(condition: Callable[[], bool], timeout_s: float) -> bool:
    try:
        wait_until(condition, "it comes true", timeout_s)
    except TimeoutError:
        return False
    return True
