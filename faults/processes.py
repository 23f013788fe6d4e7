"""Faults of the service's own processes: killed at work, killed while the LLM is asked, replicas that come and go."""

import json
import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from faults.size import Size
from faults.stream import BATCH, Outcome, Stream, broken
from tests.support.chat_server import ChatServer
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.odd_events import answer, asking
from tests.support.service_process import ServiceProcess


def kills(kafka: KafkaServer, directory: Path, size: Size, seed: int, delivery: str) -> Outcome:
    """Kill the process again and again, each time in the middle of what there is to do."""
    draw = random.Random(seed)
    stream = Stream(kafka, directory, f"kills-{delivery}", delivery, seed)
    stream.environment["LOGSLUICE_KAFKA"] = json.dumps({"session.timeout.ms": size.session_timeout_ms})
    share = size.events // (size.kills + 1)
    inside = 0
    resumed_s = []
    for _ in range(size.kills):
        stream.send(share)
        stream.flush()
        began, before = time.monotonic(), stream.published()
        with stream.replica() as service:
            stream.wait_until_grown(before + 1)
            resumed_s.append(time.monotonic() - began)
            stream.wait_until_grown(before + draw.randrange(1, max(2, share // 2)))
            service.stop(signal.SIGKILL)
        inside += stream.is_at_work()  # its successor meets the open transaction
    stream.send(size.events - share * size.kills)
    with stream.replica() as service:
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
            with stream.replica() as service:
                stream.wait_for_progress(draw.randrange(1, share))
                wait_until(lambda calls=calls: len(server.requests) > calls, "the LLM is asked", 60)  # type: ignore[misc]
                service.stop(signal.SIGKILL)
        stream.send_odd(size.odd_events - share * size.kills_while_asking)
        with stream.replica() as service:
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
            return stack.enter_context(stream.replica(name))

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
