"""A soak in minutes: ever new templates, more than any cache holds, and the size of the process before and after.

An hour of distinct templates is compressed by what costs: most of them take a route without the embedding tier,
so that hundreds of thousands pass in minutes and every cache but that of the classifier overflows. Some hundreds
are encoded.
"""

import itertools
import random
import string
from collections.abc import Iterator
from pathlib import Path

import msgspec

from faults.stream import Outcome, Stream, broken
from tests.support.kafka_server import KafkaServer

UNREAD_SOURCE = "LegacyCRM"
"""Its route in the built-in bundle has no embedding tier."""
MOST_GROWTH = 1.2
ENCODED_EVERY = 400
PATIENCE_S = 900.0


def soak(kafka: KafkaServer, directory: Path, templates: int, events_of_each: int, seed: int) -> Outcome:
    """Send so many templates, then as many new ones; the second half may add a fifth of memory at most."""
    stream = Stream(kafka, directory, "soak", "at-least-once", seed)
    events = events_of(random.Random(seed), events_of_each)
    sizes = []
    with stream.replica() as service:
        service.wait_until_ready()
        for _ in range(2):
            stream.send_values(next(events) for _ in range(templates * events_of_each))
            stream.wait_until_worked_through(PATIENCE_S)
            sizes.append(service.total("process_resident_memory_bytes"))
        caches = service.series("logsluice_cache_entries")
        found = stream.finish(service)
        ended = service.stop()
    stream.close()
    wrong = broken(found)
    if ended != 0:
        wrong.append(f"a stop ended with {ended}")
    growth = sizes[1] / sizes[0]
    if growth > MOST_GROWTH:
        wrong.append(f"memory grew to {growth:.2f} x")
    held = max(caches.values())
    note = f"{sizes[0] >> 20} MiB, then {sizes[1] >> 20} MiB ({growth:.2f} x); the largest cache holds {held:,.0f}"
    return Outcome(f"soak of {2 * templates:,} templates", found, wrong, note)


def events_of(draw: random.Random, of_each: int) -> Iterator[bytes]:
    """Yield events for ever: so many of each template, most of which no classifier is asked about."""
    for template in itertools.count():
        word = "".join(draw.choices(string.ascii_lowercase, k=12))
        source = "app" if template % ENCODED_EVERY == 0 else UNREAD_SOURCE
        for number in range(of_each):
            yield msgspec.json.encode(
                {"source": source, "log_message": f"case {word} moved to queue {number}"}
            )
