"""Poison: one item that makes a tier raise is found among its batch, so that the rest goes on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from confluent_kafka import Message

from consumer.errors import ConsumerError
from consumer.log import get_logger
from consumer.records.dead_letter import Dead
from consumer.records.incoming import event_id
from pipeline.event import Event

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
SOUND_EVENT = Event("logsluice", "service started")
"""An event that every tier can bear."""
_ERROR_CHARS = 1_000


def each_decided(
    decide: Callable[[list[Item]], Sequence[Outcome]], items: list[Item], sound: Item
) -> Sequence[Outcome | Exception]:
    """Return what is decided of each item, or what it raised: found by halving.

    Raises:
        ConsumerError: most of them fail, and so does ``sound``, which is above suspicion. Then it is not the
            items that are at fault.
    """
    try:
        return decide(items)
    except Exception:
        outcomes = _halved(decide, items)
    if sum(isinstance(outcome, Exception) for outcome in outcomes) > len(items) // 2:
        try:
            decide([sound])
        except Exception as error:
            # Its text is not shown: it may hold that of an event.
            raise ConsumerError(
                f"no event can be labelled ({type(error).__name__}): the bundle or the installation is broken; "
                "nothing of this batch is committed"
            ) from None
    return outcomes


def _halved(
    decide: Callable[[list[Item]], Sequence[Outcome]], items: list[Item]
) -> list[Outcome | Exception]:
    try:
        return list(decide(items))
    except Exception as error:  # whatever a tier raises
        if len(items) == 1:
            return [error]
    middle = len(items) // 2
    return _halved(decide, items[:middle]) + _halved(decide, items[middle:])


def poisoned(message: Message, error: Exception) -> Dead:
    """Return what becomes of a record that made a tier raise. The log does not show the error's text."""
    get_logger().error("an event cannot be labelled", event_id=event_id(message), error=type(error).__name__)
    return Dead(message, "failed", f"{type(error).__name__}: {error}"[:_ERROR_CHARS])
