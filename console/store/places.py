"""Where to begin to read a partition: where the store has stopped, as far as the topic still has that."""

from typing import Literal

import msgspec

Why = Literal["first", "on", "deleted", "recreated", "shortened"]


class Place(msgspec.Struct, frozen=True):
    """Where to read on in a partition: at the offset ``next``.

    ``topic_id`` tells a topic from one that was made again; it is empty where it is not known.
    """

    topic: str
    partition: int
    topic_id: str
    next: int


class Held(msgspec.Struct, frozen=True):
    """What the broker holds of a partition: offsets from ``low`` on, and before ``high``."""

    topic: str
    partition: int
    topic_id: str
    low: int
    high: int


class Start(msgspec.Struct, frozen=True):
    """Where to begin in a partition, and why there. ``lost`` is how many records nobody can read any more."""

    place: Place
    why: Why
    lost: int = 0


def start_of(held: Held, stopped: Place | None) -> Start:
    """Return where to begin in a partition, given where the store has stopped.

    A topic that was made again is read from its beginning: its records are others. One that has lost its end, as
    after an unclean election, is read on from there, or all before would count twice.
    """
    topic_id = held.topic_id or (stopped.topic_id if stopped else "")

    def at(offset: int, why: Why, lost: int = 0) -> Start:
        return Start(Place(held.topic, held.partition, topic_id, offset), why, lost)

    if stopped is None:
        return at(held.low, "first")
    if stopped.topic_id not in (topic_id, ""):
        return at(held.low, "recreated")
    if stopped.next > held.high:
        return at(held.high, "shortened") if held.topic_id and stopped.topic_id else at(held.low, "recreated")
    if stopped.next < held.low:
        return at(held.low, "deleted", held.low - stopped.next)
    return at(stopped.next, "on")
