"""The formats, by the names that ``INPUT_FORMAT`` takes."""

from collections.abc import Callable

from consumer.records.formats.found import Format, Found, Origin, Read, ReadObject
from consumer.records.formats.json_record import ReadMembers, members_of, object_reader
from consumer.records.formats.k8s_audit import is_audit, read_audit
from consumer.records.formats.names import PRESETS
from consumer.records.formats.registry import Frame, is_framed, registry_reader, without_registry
from consumer.records.formats.text import text_reader
from consumer.records.json_text import without_mark

AUTO = "auto"


def formats_with(
    source_field: str | None,
    message_field: str | None,
    decode_frame: Callable[[Frame], bytes] = without_registry,
) -> dict[str, Format]:
    """Return the formats by name, in the order in which they are looked for.

    The fields are the paths of source and message in a JSON object that a user gives, if any. ``decode_frame`` returns
    what the frame of a schema registry holds, as JSON.
    """
    presets = [
        Format(name, _read_one(object_reader(source_field, message_field, messages)), is_object=True)
        for name, messages in PRESETS.items()
    ]
    audit = Format("k8s-audit", read_audit, by_members=is_audit, is_object=True)
    framed = Format(
        "registry", registry_reader(decode_frame, any_object(source_field, message_field)), is_framed
    )
    text = Format("text", text_reader(source_field, message_field))
    return {each.name: each for each in (framed, audit, *presets, text)}


def any_object(source_field: str | None, message_field: str | None) -> ReadObject:
    """Return what reads one JSON object within a record that holds several."""
    read_members = object_reader(source_field, message_field)

    def read(value: bytes, origin: Origin) -> Found:
        members = members_of(value)
        if is_audit(members, origin):
            return read_audit(value, origin)[0]
        return read_members(without_mark(value), members, origin)

    return read


def _read_one(read_members: ReadMembers) -> Read:
    def read(value: bytes, origin: Origin) -> list[Found]:
        return [read_members(without_mark(value), members_of(value), origin)]

    return read


FORMATS = (AUTO, *formats_with(None, None))
"""The names that ``INPUT_FORMAT`` takes."""
