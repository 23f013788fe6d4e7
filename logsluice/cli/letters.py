"""Which dead letters are meant, and reading them: what ``dead`` and ``replay`` share."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import click
import msgspec

from consumer.kafka.reader import records_now
from consumer.records.dead_letter import DeadLetter, read_dead_letter, read_replay_marker
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.readers import Readers
from consumer.records.reasons import REASONS, UndecodableError
from consumer.settings import Settings
from logsluice.cli.times import Time


class Filter(msgspec.Struct, frozen=True):
    """Which letters are meant; what is empty or None does not narrow. Times are in ms since the epoch."""

    reasons: tuple[str, ...] = ()
    source: str | None = None
    topic: str | None = None
    since: int | None = None
    until: int | None = None


class Letters(msgspec.Struct, frozen=True):
    """The letters that are meant, in the order of their death, and the places of all that have been replayed."""

    meant: list[DeadLetter]
    replayed: frozenset[str]


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which letters are meant. `filter_of` takes them."""
    options = (
        click.option(
            "--reason",
            "reasons",
            multiple=True,
            type=click.Choice(REASONS, case_sensitive=False),
            metavar="REASON",
            help=f"Only those that died of this: {', '.join(REASONS)}. May be given again.",
        ),
        click.option("--source", help="Only those whose event names this source."),
        click.option("--topic", help="Only those that came from this topic."),
        click.option(
            "--since", type=Time(), help="Only those that died since: 2h, 30m, or 2026-01-31T12:00."
        ),
        click.option("--until", type=Time(), help="Only those that died before."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def filter_of(options: dict[str, Any]) -> Filter:
    """Return the filter that the values of `filter_options` mean."""
    return msgspec.convert(options, Filter)


def read_letters(settings: Settings, wanted: Filter) -> Letters:
    """Read the dead-letter topic to its end.

    Raises:
        BrokerError: it cannot be read.
    """
    readers = Readers(settings.input_format, settings.source_field, settings.message_field)
    meant: list[DeadLetter] = []
    replayed: set[str] = set()
    for message in chain.from_iterable(records_now(settings, settings.dead_letter_topic)):
        replayed.update(read_replay_marker(message))
        letter = read_dead_letter(message)
        if letter is not None and is_meant(letter, wanted, readers):
            meant.append(letter)
    return Letters(sorted(meant, key=lambda letter: letter.died_ms), frozenset(replayed))


def is_meant(letter: DeadLetter, wanted: Filter, readers: Readers) -> bool:
    """Return whether a letter passes a filter. ``readers`` find the source of its event."""
    return (
        (not wanted.reasons or letter.reason in wanted.reasons)
        and (wanted.topic is None or letter.topic == wanted.topic)
        and (wanted.since is None or letter.died_ms >= wanted.since)
        and (wanted.until is None or letter.died_ms < wanted.until)
        and (wanted.source is None or wanted.source in _sources_of(letter, readers))
    )


def _sources_of(letter: DeadLetter, readers: Readers) -> set[str]:
    try:
        _, events = readers.read(
            letter.message.value(), Origin(letter.topic, letter.headers, letter.record_ms)
        )
    except (UndecodableError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return set()
    return {each.event.source for each in events if isinstance(each, Found)}


def count_of(letters: int) -> str:
    """Return a number of letters in words."""
    return f"{letters:,} dead {'letter' if letters == 1 else 'letters'}"


def by_reason(letters: Iterable[DeadLetter]) -> str:
    """Return how many letters have which reason, in words."""
    counts = Counter(letter.reason for letter in letters)
    return ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common()) or "none"
