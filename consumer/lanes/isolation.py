"""Poison: one event that makes a step raise is found in its batch and dead-lettered, so that the rest goes on."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from confluent_kafka import Message

from consumer.errors import ConsumerError
from consumer.log import get_logger
from consumer.records.incoming import event_id
from consumer.records.outgoing import Row
from consumer.records.reasons import Reason
from pipeline.event import Event

SOUND_EVENT = Event("logsluice", "service started")
"""An event that every step can bear."""
_ERROR_CHARS = 1_000


class HasMessage(Protocol):
    """What a step takes: anything that came out of a record."""

    @property
    def message(self) -> Message:
        """The record."""

    def dead(self, topic: str, reason: Reason, error: str = "") -> Row:
        """Return its outcome where it is dead."""


Item = TypeVar("Item")
FromRecord = TypeVar("FromRecord", bound=HasMessage)
Outcome = TypeVar("Outcome")


def apply_or_dead_letter(
    step: Callable[[Sequence[FromRecord]], Sequence[Outcome]],
    parts: Sequence[FromRecord | Row],
    sound: Callable[[], object],
    dead_letter_topic: str,
) -> list[Outcome | Row]:
    """Return what a step makes of the parts of a batch, in order.

    Rows, which are decided already, stay as they are. A part that the step cannot bear becomes a dead letter.

    Raises:
        ConsumerError: as for `apply_isolating_failures`.
    """
    items = [part for part in parts if not isinstance(part, Row)]
    applied = apply_isolating_failures(step, items, sound) if items else []
    sound_ones = [outcome for outcome in applied if not isinstance(outcome, Exception)]
    if len(sound_ones) == len(parts):
        return [*sound_ones]  # as nearly always
    outcomes = iter(applied)
    results: list[Outcome | Row] = []
    for part in parts:
        if isinstance(part, Row):
            results.append(part)
            continue
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            results.append(poisoned(dead_letter_topic, part, outcome))
        else:
            results.append(outcome)
    return results


def apply_isolating_failures(
    step: Callable[[Sequence[Item]], Sequence[Outcome]], items: Sequence[Item], sound: Callable[[], object]
) -> Sequence[Outcome | Exception]:
    """Return what a step makes of each item, or what it raised for it: found by halving.

    Raises:
        ConsumerError: the step fails for most of them, and ``sound``, which does the same for an event that is above
            suspicion, fails too. Then it is not the items that are at fault.
    """
    try:
        return step(items)
    except Exception as error:
        outcomes = _in_halves(step, items, error)
    if sum(isinstance(outcome, Exception) for outcome in outcomes) > len(items) // 2:
        try:
            sound()
        except Exception as error:
            # Its text is not shown: it may hold that of an event.
            raise ConsumerError(
                f"no event can be labelled ({type(error).__name__}): the bundle or the installation is broken; "
                "nothing of this batch is committed"
            ) from None
    return outcomes


def _in_halves(
    step: Callable[[Sequence[Item]], Sequence[Outcome]], items: Sequence[Item], error: Exception
) -> list[Outcome | Exception]:
    """Return the outcomes of items for which together a step raised."""
    if len(items) == 1:
        return [error]
    middle = len(items) // 2
    outcomes: list[Outcome | Exception] = []
    for half in (items[:middle], items[middle:]):
        try:
            outcomes += step(half)
        except Exception as of_half:  # whatever a tier raises
            outcomes += _in_halves(step, half, of_half)
    return outcomes


def poisoned(topic: str, part: HasMessage, error: Exception) -> Row:
    """Return the outcome of an event that made a step raise. The log does not show the error's text."""
    get_logger().error(
        "an event cannot be labelled", event_id=event_id(part.message), error=type(error).__name__
    )
    return part.dead(topic, "failed", f"{type(error).__name__}: {error}"[:_ERROR_CHARS])
