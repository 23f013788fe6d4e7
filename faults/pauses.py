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
RESTARTED = "the transaction has ended without us; beginning anew"  # words: ok - the lane's own


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
            code = service.wait()
            if code != EXIT_BROKER:
                wrong.append(f"the process that was replaced ended with {code}")
            found = stream.finish(successor)
            if successor.stop() != 0:
                wrong.append("the successor did not end in order")
    stream.close()
    return Outcome("frozen, then replaced", found, [*broken(found), *wrong], "exactly-once")


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
