"""Counts a batch of records before any of it is written: few templates serve most events."""

from collections import Counter
from collections.abc import Iterable

import msgspec
from confluent_kafka import Message

from console.store.labelled import Classification, ReadLabelled
from console.store.schema import MINUTE_MS
from consumer.records.dead_letter import read_dead_letter
from consumer.records.reasons import REASONS

EXAMPLE_CHARS = 2_000
OTHER_REASON = "other"


class Seen(msgspec.Struct, gc=False):
    """The events of one template, minute, source and verdict in a batch. ``latest`` is the place of the last one."""

    said: Classification
    source: str
    minute: int
    first_ms: int
    last_ms: int
    latest: int
    events: int = 1
    example: str = ""


class Tally(msgspec.Struct):
    """What a batch holds: labelled events, dead letters by minute and reason, and records that are neither."""

    seen: list[Seen] = []
    dead: Counter[tuple[int, str]] = msgspec.field(default_factory=Counter)
    unreadable: int = 0


def count_labelled(values: Iterable[tuple[bytes | None, int]], read: ReadLabelled, now_ms: int) -> Tally:
    """Count records of the labelled topic, each given as its value and its time in ms since the epoch.

    A record without a time, or from the future, counts as of now.
    """
    known: dict[tuple[object, ...], Seen] = {}
    latest_ms = now_ms + MINUTE_MS
    unreadable = 0
    for place, (value, time_ms) in enumerate(values):
        event = read(value or b"")
        if event is None:
            unreadable += 1
            continue
        said = event.classification
        if not 0 < time_ms <= latest_ms:
            time_ms = now_ms
        minute = time_ms // MINUTE_MS
        key = (
            said.template,
            minute,
            event.source,
            said.label,
            said.tier,
            said.rule,
            said.bundle,
            said.best_guess,
        )
        seen = known.get(key)
        if seen is None:
            known[key] = Seen(said, event.source, minute, time_ms, time_ms, place, 1, event.message)
            continue
        seen.events += 1
        seen.latest = place
        if time_ms > seen.last_ms:
            seen.last_ms = time_ms
        elif time_ms < seen.first_ms:
            seen.first_ms = time_ms
    return Tally([*known.values()], unreadable=unreadable)


def count_dead(messages: Iterable[Message], now_ms: int) -> Counter[tuple[int, str]]:
    """Count dead letters by the minute of their death and by reason; what is no letter is left out."""
    dead = Counter[tuple[int, str]]()
    for message in messages:
        letter = read_dead_letter(message)
        if letter is not None:
            died_ms = letter.died_ms if 0 < letter.died_ms <= now_ms + MINUTE_MS else now_ms
            dead[died_ms // MINUTE_MS, letter.reason if letter.reason in REASONS else OTHER_REASON] += 1
    return dead
