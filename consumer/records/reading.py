"""From consumed records to the events in them, and to dead letters for what cannot be decoded."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Message

from consumer.records.dead_letter import OneOf, dead_row, one_of
from consumer.records.formats.by_topic import by_topic
from consumer.records.formats.found import Bad, Origin, Part
from consumer.records.formats.inner import ODD_STARTS, own_part
from consumer.records.formats.members import is_utf8
from consumer.records.formats.names import SEVERITIES
from consumer.records.formats.readers import Readers
from consumer.records.formats.registry import Frame, without_registry
from consumer.records.formats.severity import from_number, from_word
from consumer.records.formats.table import AUTO
from consumer.records.incoming import event_id, headers_of, timestamp_ms_of
from consumer.records.outgoing import Row
from consumer.records.reasons import Reason, UndecodableError
from pipeline.event import Event

_QUICK_FORMATS = (AUTO, "json")


class Item(msgspec.Struct, frozen=True, gc=False):
    """An event that is to be labelled, and the record that held it.

    ``value`` is the event alone as one JSON object. ``part`` is None where that is the whole record.
    """

    event: Event
    message: Message
    value: bytes
    part: Part | None = None

    def event_id(self) -> str:
        """Return the event's id: that of its record, and its index where the record holds several events."""
        if self.part is None or self.part.index is None:
            return event_id(self.message)
        return f"{event_id(self.message)}.{self.part.index}"

    def dead(self, topic: str, reason: Reason, error: str = "") -> Row:
        """Return the event's outcome where it is dead."""
        return dead_row(topic, self.message, reason, error, one_of(self.part))


def alone_values(items: Sequence[Item]) -> Iterator[bytes | None]:
    """Yield the value with which each event waits alone: its record's, or the event in that form.

    The items are in the order of their records.
    """
    for _, group in groupby(items, lambda item: id(item.message)):
        several = list(group)
        first = several[0].part
        indexes = [item.part.index for item in several if item.part and item.part.index is not None]
        if first is None or not indexes:
            yield from (item.message.value() for item in several)
        else:
            yield from first.opened.alone(indexes)


class QuickTopics(NamedTuple):
    """The topics whose records may be on the quick path: all of them, or some."""

    everywhere: bool
    named: frozenset[str]


def quick_topics(input_format: str) -> QuickTopics:
    """Return the topics of which most records are JSON objects, by the setting ``INPUT_FORMAT``."""
    default, formats = by_topic(input_format)
    named = frozenset(topic for topic, name in formats.items() if name in _QUICK_FORMATS)
    return QuickTopics(default in _QUICK_FORMATS and len(named) == len(formats), named)


class Reading(NamedTuple):
    """What was read: the parts of so many records, in order, and the bytes of those that had to be looked at closer."""

    parts: list[Item | Row]
    records: int
    size: int


class RecordReader:
    """Reads the records of the input topics. ``keeps_form`` is whether labelled records keep the form of the raw ones.

    A record of the commonest form, one flat JSON object with a source and a message, is read on a quick path that finds
    just what its reader would.
    """

    def __init__(
        self,
        input_format: str,
        source_field: str | None,
        message_field: str | None,
        dead_letter_topic: str,
        keeps_form: bool = False,
        decode_frame: Callable[[Frame], bytes] = without_registry,
    ) -> None:
        self._readers = Readers(input_format, source_field, message_field, decode_frame)
        self._quick = quick_decoder(source_field or "source", message_field or "log_message")
        self._everywhere, self._quick_topics = quick_topics(input_format)
        self._dead_letter_topic = dead_letter_topic
        self._keeps_form = keeps_form

    def read(self, messages: Sequence[Message], most_events: int, most_bytes: int) -> Reading:
        """Return the events and dead letters of the first records.

        Records are read whole, at least one. None is read after one with which there are ``most_events`` events, or
        ``most_bytes`` of what is not read on the quick path.
        """
        parts: list[Item | Row] = []
        quick, everywhere, quick_topics = self._quick, self._everywhere, self._quick_topics
        size = 0
        for count, message in enumerate(messages, 1):
            value = message.value()
            if quick is not None and value and (everywhere or message.topic() in quick_topics):
                try:
                    record: Any = quick(value)
                except (msgspec.MsgspecError, UnicodeError, RecursionError):
                    pass  # an odd record, or of another form: look closer
                else:
                    source, text, level = record.source, record.message, record.level
                    if source and text and (value.isascii() or is_utf8(value)):
                        severity = "" if level is None else _severity(level)
                        # As `is_odd` says, without the cost of a call for each event.
                        if (
                            (text[0] in ODD_STARTS and (text[0] == "{" or text[1:5].isdigit()))
                            or text[-1] == "\n"
                            or ("=" in text and ("msg=" in text or "message=" in text))
                        ):
                            text, severity = own_part(text, severity)
                        parts.append(Item(Event(source, text, severity), message, value))
                        continue
            found = self.read_one(message)
            parts += found
            size += sum(len(each.value) for each in found if isinstance(each, Item))
            if len(parts) >= most_events or size >= most_bytes:
                return Reading(parts, count, size)
        return Reading(parts, len(messages), size)

    def read_one(self, message: Message) -> list[Item | Row]:
        """Return the events of a record, and the dead letters of those that cannot be decoded."""
        topic = self._dead_letter_topic
        try:
            opened, events = self._readers.read(message.value(), origin_of(message))
        except UndecodableError as error:
            return [dead_row(topic, message, error.reason, error.detail)]
        parts: list[Item | Row] = []
        for each in events:
            if isinstance(each, Bad):
                one = OneOf(each.index, each.value)
                parts.append(dead_row(topic, message, each.reason, one=one))
                continue
            is_whole = each.index is None and (opened.format.is_object or not self._keeps_form)
            parts.append(
                Item(each.event, message, each.value, None if is_whole else Part(opened, each.index))
            )
        return parts


def origin_of(message: Message) -> Origin:
    """Return what a reader may know of a record besides its bytes."""
    return Origin(message.topic() or "", headers_of(message) or [], timestamp_ms_of(message))


def quick_decoder(source_name: str, message_name: str) -> Callable[[bytes], Any] | None:
    """Return a decoder of flat objects with these members; None where a name is a path,
    or no name of its own.

    It refuses an object in which the severity is under another name than ``level``.
    """
    if "." in source_name + message_name or len({source_name, message_name, "level"}) < 3:
        return None
    others = {name.partition(".")[0] for name in SEVERITIES} | {"log.level"}
    names = {"message": message_name, "source": source_name, "level": "level"}
    fields: list[Any] = [("message", str), ("source", str), ("level", str | int | None, None)]
    for place, name in enumerate(sorted(others - {message_name, source_name, "level"})):
        names[f"other_{place}"] = name
        fields.append((f"other_{place}", str if name == "log" else None, None))
    return msgspec.json.Decoder(msgspec.defstruct("Record", fields, rename=names, gc=False)).decode


def _severity(level: str | int) -> str:
    return from_word(level) if isinstance(level, str) else from_number(level)
