"""What no sender should write, sent all the same."""

import json
from pathlib import Path

from faults.size import Size
from faults.stream import Outcome, Stream, broken
from tests.support.kafka_server import KafkaServer


def hostile(kafka: KafkaServer, directory: Path, size: Size, seed: int) -> Outcome:
    """Send what no event should be; each input has to come out labelled or dead, and the process to live."""
    stream = Stream(kafka, directory, "hostile", "exactly-once", seed)
    with stream.replica() as service:
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
