"""How much of everything the scenarios do: the whole, or the quick half that the test suite runs."""

import msgspec


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
    session_timeout_ms: int
    """How long a process that was killed keeps its partitions."""


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
    session_timeout_ms=10_000,
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
    session_timeout_ms=4_000,
)
