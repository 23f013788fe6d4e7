"""The sizing table: how many processes, partitions and how much memory a load takes."""

import math

import msgspec

from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.first_day import Start, capacity, start
from benchmarks.scale.traffic import Traffic, zipf


class Load(msgspec.Struct, frozen=True):
    """What comes in: events/s, of how many systems and templates in all."""

    events_per_s: float
    systems: int
    templates: int


LOADS = (
    Load(20_000, 20, 10_000),
    Load(100_000, 100, 100_000),
    Load(1_000_000, 400, 1_000_000),
    Load(10_000_000, 1_000, 10_000_000),
)


def processes_for(load: Load, assumed: Assumptions) -> int:
    """Return how many processes a load takes where nothing has to be encoded."""
    return max(1, math.ceil(load.events_per_s / (assumed.rate * assumed.load)))


class Bytes(msgspec.Struct, frozen=True):
    """Bytes of a template in all caches of the fast lane, of a remembered verdict, of its record, and of an event."""

    cached: float
    remembered: float
    record: float
    event: float
    labelled: float


class Size(msgspec.Struct, frozen=True):
    """How one process fares. ``met`` are the templates that come to it, ``carries`` the events/s it takes for good."""

    met: float
    hit_rate: float
    carries: float
    max_templates: int
    memory_gb: float
    starts: Start


def met_by_one(load: Load, processes: int, by_source: bool, exponent: float) -> Traffic:
    """Return what one process meets: a part of every system's events, or all events of a part of the systems.

    Where there are more processes than systems, a system's events are spread over several.
    """
    if not by_source:
        return zipf(load.systems, load.templates, exponent)
    systems = max(1, load.systems // processes)
    return zipf(systems, load.templates * systems // load.systems, exponent)


def size(load: Load, assumed: Assumptions, taken: Bytes, by_source: bool, max_templates: int | None) -> Size:
    """Return how one process of a load fares; ``max_templates`` None sets it so that all have room.

    What the caches forget, and has to be encoded again, shows in ``carries``.
    """
    processes = processes_for(load, assumed)
    traffic = met_by_one(load, processes, by_source, assumed.exponent)
    # Every process reads all verdicts, also those of systems that others meet.
    verdicts = math.ceil(load.templates * assumed.unsure)
    # A generation is half of the room, and has to hold all of them.
    room = max_templates or max(assumed.max_templates, 2 * math.ceil(traffic.templates), 2 * verdicts)
    kept, verdicts = min(traffic.templates, room), min(verdicts, room)
    memory_gb = (assumed.resident_mb * 1e6 + kept * taken.cached + verdicts * taken.remembered) / 1e9
    return Size(
        traffic.templates,
        traffic.hit_rate(room),
        capacity(traffic, assumed, room),
        room,
        memory_gb,
        start(traffic, load.events_per_s / processes, assumed, room),
    )
