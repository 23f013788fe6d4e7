"""A day that begins with empty caches: the encoder's work, when a process has caught up, what an LLM is asked."""

import math

import msgspec
import numpy as np

from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.traffic import Traffic

DAY_S = 86_400.0


class Start(msgspec.Struct, frozen=True):
    """A process that starts with empty caches: how late its events are at most, and until when, in seconds.

    Both are infinite where it never catches up.
    """

    late_s: float
    caught_up_s: float


def work_s(traffic: Traffic, events: float, assumed: Assumptions, max_templates: int) -> float:
    """Return the seconds that a process needs for so many events, its caches empty at first.

    As long as the caches have room, each template is encoded once; from then on what they have forgotten as well.
    """
    full = min(events, traffic.events_with(max_templates // 2))
    to_encode = traffic.distinct(full) + (events - full) * (1 - traffic.hit_rate(max_templates))
    return events / assumed.rate + to_encode * (1 - assumed.by_rules) / assumed.encoder


def capacity(traffic: Traffic, assumed: Assumptions, max_templates: int) -> float:
    """Return the events/s that a process carries for good, with what its caches forget and it has to encode again."""
    encoded = (1 - traffic.hit_rate(max_templates)) * (1 - assumed.by_rules)
    return 1 / (1 / assumed.rate + encoded / assumed.encoder)


def start(traffic: Traffic, events_per_s: float, assumed: Assumptions, max_templates: int) -> Start:
    """Return how a process starts that gets so many events/s."""
    if capacity(traffic, assumed, max_templates) <= events_per_s:
        return Start(math.inf, math.inf)
    late_s = caught_up_s = 0.0
    for events in np.geomspace(1.0, events_per_s * 100 * DAY_S, 2_000).tolist():
        behind_s = work_s(traffic, events, assumed, max_templates) - events / events_per_s
        late_s = max(late_s, behind_s)
        if behind_s > 0:
            caught_up_s = events / events_per_s
    return Start(late_s, caught_up_s)


class Budget(msgspec.Struct, frozen=True):
    """What an LLM is asked on the first day: templates, and calls a minute.

    ``at_once_calls`` lets no event wait for longer than `PENDING_MAX_AGE_S`, ``in_a_day_calls`` asks of everything
    within the first day. ``default_hours`` is how long the budget takes that is set by default.
    """

    first_day: float
    at_once_calls: float
    in_a_day_calls: float
    default_hours: float


def budget(traffic: Traffic, events_per_s: float, assumed: Assumptions, tokens_per_call: float) -> Budget:
    """Return what the LLM budget of all processes has to be. Each template is asked about once, whoever meets it."""

    def asked(until_s: float) -> float:
        return assumed.unsure * traffic.distinct(events_per_s * until_s)

    times = np.geomspace(1.0, DAY_S, 500).tolist()
    first_day = asked(DAY_S)
    at_once = max(asked(time) / (time + assumed.max_age_s) for time in times) * 60
    calls = min(assumed.requests_per_minute, assumed.tokens_per_minute / tokens_per_call)
    per_hour = calls * assumed.templates_per_call * 60
    hours = next(
        (
            hour
            for hour in np.geomspace(0.01, 24 * 3_650, 5_000).tolist()
            if asked(hour * 3_600) <= per_hour * hour
        ),
        math.inf,
    )
    return Budget(
        first_day,
        at_once / assumed.templates_per_call,
        first_day / assumed.templates_per_call / (DAY_S / 60),
        hours,
    )
