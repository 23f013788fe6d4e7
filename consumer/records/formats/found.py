"""What a reader is given, and what it finds in a record: plain values that the readers of all formats share."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from consumer.records.incoming import Headers
from consumer.records.reasons import Reason
from pipeline.event import Event


class Origin(NamedTuple):
    """Where a record came from: what a reader may know of it besides its bytes.

    ``timestamp_ms`` is the time of the record, 0 where it has none.
    """

    topic: str
    headers: Headers = []  # noqa: RUF012 - never changed
    timestamp_ms: int = 0


class Found(msgspec.Struct, frozen=True, gc=False):
    """One event of a record.

    ``value`` is the event alone as one JSON object, to which its classification is added. ``index`` is its place in the
    record; None where the record holds one event by its form.
    """

    event: Event
    value: bytes
    index: int | None = None


class Bad(msgspec.Struct, frozen=True, gc=False):
    """An event that cannot be decoded, of a record that holds several; the others go on.

    ``value`` is that event alone, in a form that can be sent back to the input topic.
    """

    reason: Reason
    index: int
    value: bytes


class Classification(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is written into a record about one of its events; ``severity`` is left out where it is not known."""

    label: str
    confidence: float
    tier: str
    rule: str | None
    template: str
    best_guess: str | None
    bundle: str
    event_id: str
    severity: str = ""


Read = Callable[[bytes, Origin], Sequence[Found | Bad]]
"""Reads a record that is not empty and not compressed.

Returns nothing for a record that holds no event by its form. Raises `UndecodableError` where none can be decoded.
"""

ReadObject = Callable[[bytes, Origin], Found]
"""Reads one JSON object as an event: what the readers of arrays, lines and envelopes of JSON do with each member.

Raises `UndecodableError`.
"""

Write = Callable[[bytes, Sequence[Classification | None]], bytes]
"""Returns a record in its own form, with a classification for each event by its index; None leaves that event out."""

Alone = Callable[[bytes, Sequence[int]], list[bytes]]
"""Returns each of some events of a record, by index, as a record of its own in the same form."""


class Format(NamedTuple):
    """One form of a record.

    ``by_bytes`` recognises it by its first bytes, ``by_members`` a JSON object by its members, both cheaply and only
    where it is surely that; None where `auto` does not look for it. A form whose records hold several events has
    ``write`` and ``alone``; one event without ``write`` keeps its bytes, and its label is in the headers alone. Where
    ``is_object`` each record is one JSON object, to which the classification is added as a member. Where ``is_line``
    what only starts like it is a line of text.
    """

    name: str
    read: Read
    by_bytes: Callable[[bytes, Origin], bool] | None = None
    by_members: Callable[[Mapping[str, msgspec.Raw], Origin], bool] | None = None
    write: Write | None = None
    alone: Alone | None = None
    is_object: bool = False
    is_line: bool = False


class Opened(msgspec.Struct, frozen=True, gc=False):
    """A record as its reader saw it: its format, its bytes, opened where they were compressed, and how many events."""

    format: Format
    value: bytes
    compressed: bool
    count: int

    def written(self, classifications: Sequence[Classification | None]) -> bytes:
        """Return the record in its own form, with a classification for each event by its index.

        A form that has no place for it is left as it is.
        """
        write = self.format.write
        value = self.value if write is None else write(self.value, classifications)
        return gzip.compress(value, mtime=0) if self.compressed else value

    def alone(self, indexes: Sequence[int]) -> list[bytes]:
        """Return each of some events as a record of its own in the same form, not compressed."""
        alone = self.format.alone
        return [self.value for _ in indexes] if alone is None else alone(self.value, indexes)


class Part(msgspec.Struct, frozen=True, gc=False):
    """Which event of a record an event is; ``index`` is None where the record holds one event by its form."""

    opened: Opened
    index: int | None
