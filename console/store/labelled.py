"""From a labelled record to what is counted of it: its classification and its source, and nothing of its message."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from consumer.records.formats.found import Origin
from consumer.records.formats.table import any_object
from consumer.records.incoming import topic_of
from consumer.records.json_text import without_halves, without_mark
from consumer.records.reasons import UndecodableError
from pipeline.verdict import Tier

SOURCE_CHARS = 200


class Classification(msgspec.Struct, gc=False):
    """The member ``classification`` of a labelled event."""

    label: str
    tier: Tier
    confidence: float
    template: str
    rule: str | None = None
    best_guess: str | None = None
    bundle: str = ""
    event_id: str = ""


class LabelledEvent(msgspec.Struct, gc=False):
    """What is counted of an event. ``message`` is the raw one, and empty where it is not asked for."""

    classification: Classification
    source: str = ""
    message: str = ""


class _Labelled(msgspec.Struct, gc=False):
    classification: Classification


_labelled = msgspec.json.Decoder(_Labelled)
ReadLabelled = Callable[[bytes], LabelledEvent | None]


def labelled_reader(
    source_field: str | None = None, message_field: str | None = None, with_messages: bool = False
) -> ReadLabelled:
    """Return what reads a record; it gives None for one that is no labelled event.

    The fields are dotted paths that a user has set, if any. The raw message is read only ``with_messages``.
    """
    source_name = source_field or "source"
    read_object = any_object(source_field, message_field)
    quick = None
    if not with_messages and "." not in source_name and source_name != "classification":
        fields: list[Any] = [("classification", Classification), ("source", str, "")]
        kind = msgspec.defstruct(
            "Quick", fields, namespace={"message": ""}, rename={"source": source_name}, gc=False
        )
        quick = cast(
            Callable[[bytes], LabelledEvent], msgspec.json.Decoder(kind).decode
        )  # it has its members

    def read(value: bytes) -> LabelledEvent | None:
        if quick is not None:
            try:
                event = quick(value)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                pass  # a source that is no string, or no labelled event at all: look closer
            else:
                if event.source:
                    return event
        try:
            said = _labelled.decode(without_halves(without_mark(value))).classification
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        try:
            found = read_object(value, Origin(topic_of(said.event_id))).event
        except (UndecodableError, msgspec.MsgspecError, UnicodeError, RecursionError):
            return LabelledEvent(said)
        return LabelledEvent(said, found.source, found.message if with_messages else "")

    return read
