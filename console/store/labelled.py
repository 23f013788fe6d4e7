"""From a labelled record to what is counted of it: its classification and its source, and nothing of its message."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from consumer.records.json_text import without_halves, without_mark
from pipeline.verdict import Tier

SOURCE_CHARS = 200
_NUMBER_STARTS = frozenset(b"-0123456789")
_string = msgspec.json.Decoder(str)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Classification(msgspec.Struct, gc=False):
    """The member ``classification`` of a labelled event."""

    label: str
    tier: Tier
    confidence: float
    template: str
    rule: str | None = None
    best_guess: str | None = None
    bundle: str = ""


class LabelledEvent(msgspec.Struct, gc=False):
    """What is counted of an event. ``message`` is the raw one, and empty where it is not asked for."""

    classification: Classification
    source: str = ""
    message: str = ""


class _Labelled(msgspec.Struct, gc=False):
    classification: Classification


_labelled = msgspec.json.Decoder(_Labelled)
ReadLabelled = Callable[[bytes], LabelledEvent | None]


def labelled_reader(source_field: str, message_field: str | None = None) -> ReadLabelled:
    """Return what reads a record; it gives None for one that is no labelled event.

    The fields are dotted paths, or names with dots in them. With a ``message_field`` the raw message is read too.
    """
    names = {"source": source_field} | ({"message": message_field} if message_field else {})
    quick = None
    if not any("." in name for name in names.values()) and "classification" not in names.values():
        fields: list[Any] = [("classification", Classification), *((name, str, "") for name in names)]
        without = {} if message_field else {"message": ""}
        kind = msgspec.defstruct("Quick", fields, namespace=without, rename=names, gc=False)
        quick = cast(
            Callable[[bytes], LabelledEvent], msgspec.json.Decoder(kind).decode
        )  # it has its members

    def read(value: bytes) -> LabelledEvent | None:
        if quick is not None:
            try:
                return quick(value)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                pass  # a source that is no string, or no labelled event at all: look closer
        try:
            value = without_halves(without_mark(value))
            said = _labelled.decode(value).classification
            members = _members.decode(value)
            return LabelledEvent(said, *(_text_at(members, path) for path in names.values()))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None

    return read


def _text_at(members: dict[str, msgspec.Raw], path: str) -> str:
    """Return a string at a path, or a number as it is written; empty where there is neither."""
    inner = members
    *outer, last = path.split(".")
    for name in outer:
        value = bytes(inner.get(name, b""))
        inner = _members.decode(value) if value[:1] == b"{" else {}
    found = bytes(inner[last] if last in inner else members.get(path, b""))
    if found[:1] == b'"':
        return _string.decode(found)
    return found.decode() if found and found[0] in _NUMBER_STARTS else ""
