"""What is done to the service, and what has to be true of the topics afterwards."""

import json
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from consumer.errors import EXIT_BROKER
from faults.soak import soak
from faults.stream import BATCH, Outcome, Stream, broken
from tests.support.chat_server import ChatServer
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.odd_events import answer, asking
from tests.support.service_process import ServiceProcess

COMMIT_S = 2.0
"""How long the broker may take to commit."""
BEGUN_ANEW = "the transaction has ended without us; beginning anew"


class Size(msgspec.Struct, frozen=True):
    """How much of everything."""

    events: int
    kills: int
    changes: int
    broker_kills: int
    stop_events: int
    odd_events: int
    kills_while_asking: int
    hostile: int
    soak_templates: int
    soak_events_of_each: int


FULL = Size(
    events=300_000,
    kills=20,
    changes=10,
    broker_kills=3,
    stop_events=6_000,
    odd_events=20_000,
    kills_while_asking=5,
    hostile=10_000,
    soak_templates=250_000,
    soak_events_of_each=10,
)
QUICK = Size(
    events=15_000,
    kills=2,
    changes=3,
    broker_kills=1,
    stop_events=1_000,
    odd_events=2_000,
    kills_while_asking=2,
    hostile=3_000,
    soak_templates=60_000,
    soak_events_of_each=1,
)

Scenario = Callable[[KafkaServer, Path, Size, int], Outcome]


def kills(kafka: KafkaServer, directory: Path, size: Size, seed: int, delivery: str) -> Outcome:
    """Kill the process again and again, each time in the middle of what there is to do."""
    draw = random.Random(seed)
    stream = Stream(kafka, directory, f"kills-{delivery}", delivery, seed)
    share = size.events // (size.kills + 1)
    inside = 0
    resumed_s = []
    for _ in range(size.kills):
        stream.send(share)
        stream.flush()
        began = time.monotonic()
        with stream.service() as service:
            service.wait_until_ready().wait_until_total("logsluice_events_labelled_total", 1)
            resumed_s.append(time.monotonic() - began)
            stream.wait_for_progress(draw.randrange(1, max(2, share // 2)))
            service.stop(signal.SIGKILL)
        inside += stream.left() > 0
    stream.send(size.events - share * size.kills)
    with stream.service() as service:
        found = stream.finish(service)
        ended = service.stop()
    stream.close()
    exactly = delivery == "exactly-once"
    # What is in flight is one batch; a batch that was published and not committed is published once more.
    wrong = broken(found, duplicates=0 if exactly else size.kills * BATCH)
    if ended != 0:
        wrong.append(f"a stop ended with {ended}")
    if inside < size.kills * 2 / 3:
        wrong.append(f"only {inside} kills hit a process at work: nothing is proven")
    note = f"{inside} with work left; back at work within {max(resumed_s):.0f} s"
    return Outcome(f"{size.kills} kills, {delivery}", found, wrong, note)


def kills_while_asking(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Kill the process while events wait for the LLM, and it asks; nothing may be missing, twice or left waiting."""
    draw = random.Random(seed)
    with ChatServer() as server:
        server.respond = answer
        stream = Stream(kafka, directory, "kills-while-asking", "exactly-once", seed)
        stream.environment |= asking(server)
        share = size.odd_events // (size.kills_while_asking + 1)
        for _ in range(size.kills_while_asking):
            calls = len(server.requests)
            stream.send(share)
            stream.send_odd(share)
            stream.flush()
            with stream.service() as service:
                stream.wait_for_progress(draw.randrange(1, share))
                wait_until(lambda calls=calls: len(server.requests) > calls, "the LLM is asked", 60)  # type: ignore[misc]
                service.stop(signal.SIGKILL)
        stream.send_odd(size.odd_events - share * size.kills_while_asking)
        with stream.service() as service:
            found = stream.finish(service)
            wrong = broken(found, disorder=found.labelled)  # what waits is published behind its neighbours
            if service.stop() != 0:
                wrong.append("a stop did not end in order")
        stream.close()
        note = f"exactly-once, {len(server.requests)} calls"
    return Outcome(f"{size.kills_while_asking} kills while the LLM is asked", found, wrong, note)


def replicas(
    kafka: KafkaServer, directory: Path, size: Size, seed: int, delivery: str, protocol: str = "classic"
) -> Outcome:
    """Have three replicas leave and join while events flow; with exactly-once some are killed."""
    draw = random.Random(seed)
    exactly = delivery == "exactly-once"
    ways = (signal.SIGTERM, signal.SIGKILL) if exactly else (signal.SIGTERM,)
    stream = Stream(kafka, directory, f"replicas-{delivery}-{protocol}", delivery, seed)
    stream.environment["LOGSLUICE_KAFKA"] = json.dumps({"group.protocol": protocol})
    share = size.events // (size.changes + 1)
    with ExitStack() as stack:

        def start(name: str) -> ServiceProcess:
            return stack.enter_context(stream.start(name))

        running = {name: start(name) for name in "abc"}
        for service in running.values():
            service.wait_until_ready()
        codes = []
        for change in range(size.changes):
            stream.send(share)
            absent = sorted(set("abc") - running.keys())
            if absent and change % 2:
                name = absent[0]
                running[name] = start(name)
                running[name].wait_until_ready()
            else:
                stream.wait_for_progress(draw.randrange(1, share // 2))
                name = draw.choice(sorted(running))
                code = running.pop(name).stop(draw.choice(ways))
                codes.append(code)
        stream.send(size.events - share * size.changes)
        found = stream.finish(*running.values())
        codes += [service.stop() for service in running.values()]
    stream.close()
    # A rebalance that goes on for longer than a commit is tried costs the batch at hand its offsets.
    wrong = broken(found, duplicates=0 if exactly else size.changes * BATCH)
    if set(codes) - {0, -signal.SIGKILL}:
        wrong.append(f"replicas ended with {codes}")
    note = "the broker rebalances (KIP-848)" if protocol == "consumer" else ""
    return Outcome(f"{size.changes} x a replica leaves or joins, {delivery}", found, wrong, note)


def broker_kills(kafka: KafkaServer, directory: Path, size: Size, seed: int, delivery: str) -> Outcome:
    """Kill the broker under load and start it again; the service is to live through it."""
    stream = Stream(kafka, directory, f"broker-kills-{delivery}", delivery, seed)
    with ThreadPoolExecutor(1) as pool, stream.service() as service:
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
        with stream.service() as service:
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
    with stream.service() as service:
        found = stream.finish(service)
        if service.stop() != 0:
            wrong.append("a stop did not end in order")
    stream.close()
    wrong += broken(found, duplicates=size.broker_kills)
    note = f"at-least-once, ended within {max(took_s):.0f} s"
    return Outcome(f"{size.broker_kills} x stopped without a broker", found, wrong, note)


def frozen(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Freeze the process until the broker has ended its transaction, and let it go on; then once more, replaced."""
    draw = random.Random(seed)
    stream = Stream(kafka, directory, "frozen", "exactly-once", seed)
    wrong = []
    with stream.service() as service:
        stream.send(size.events // 2)
        freeze(stream, service, draw)
        wait_until(lambda: not stream.in_transaction(), "the broker ends the transaction", 60)
        service.send(signal.SIGCONT)
        stream.finish(service)
        if not service.logged(BEGUN_ANEW):
            wrong.append("the process did not begin anew")
        stream.send(size.events - size.events // 2)
        freeze(stream, service, draw)
        with stream.service() as successor:
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


def hostile(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Send what no event should be; each input has to come out labelled or dead, and the process to live."""
    stream = Stream(kafka, directory, "hostile", "exactly-once", seed)
    with stream.service() as service:
        service.wait_until_ready()
        stream.send_hostile(size.hostile, seed)
        found = stream.finish(service)
        wrong = broken(found)
        counted = service.total("logsluice_events_labelled_total") + service.total(
            "logsluice_dead_letters_total"
        )
        if counted != size.hostile or service.total("logsluice_events_consumed_total") != size.hostile:
            wrong.append(f"the metrics count {counted} outcomes")
        ended = service.stop()
        lines = service.output.splitlines()
    stream.close()
    if ended != 0:
        wrong.append(f"a stop ended with {ended}")
    forged = [line for line in lines if not is_ours(line)]
    if forged:
        wrong.append(f"{len(forged)} lines of the log are none of ours: {forged[0][:80]!r}")
    return Outcome(f"{size.hostile:,} hostile inputs", found, wrong, f"{found.dead:,} dead")


def is_ours(line: str) -> bool:
    """Return whether a line of the log is an entry of the service's own, whole and printable."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return line.isprintable() and {"event", "level", "timestamp"} <= entry.keys()


def soak_memory(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Meet ever new templates, and stay as large as after the warm-up."""
    return soak(kafka, directory, size.soak_templates, size.soak_events_of_each, seed)


SCENARIOS: dict[str, Scenario] = {
    "kills": partial(kills, delivery="exactly-once"),
    "kills-at-least-once": partial(kills, delivery="at-least-once"),
    "kills-while-asking": kills_while_asking,
    "replicas": partial(replicas, delivery="exactly-once"),
    "replicas-at-least-once": partial(replicas, delivery="at-least-once"),
    "replicas-broker-protocol": partial(replicas, delivery="exactly-once", protocol="consumer"),
    "broker": partial(broker_kills, delivery="exactly-once"),
    "broker-at-least-once": partial(broker_kills, delivery="at-least-once"),
    "stopped": stopped,
    "frozen": frozen,
    "hostile": hostile,
    "soak": soak_memory,
}
