"""Records in the frame of a schema registry: the number of a schema, then a value that only the schema explains."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumer.records.formats.found import Bad, Found, Origin, Read, ReadObject
from consumer.records.incoming import Headers
from consumer.records.reasons import UndecodableError

SCHEMA_HEADER = "__value_schema_id"
_ID_BYTES, _GUID_BYTES = 5, 17


class Frame(NamedTuple):
    """A record taken apart: its schema by number or by GUID, and what is behind it."""

    schema: int | str
    payload: bytes


Decode = Callable[[bytes], object]
"""From the payload of a frame to what it holds, in plain values. Raises what its library raises."""


def frame_of(value: bytes, headers: Headers) -> Frame | None:
    """Return the frame of a record; None where it is in none.

    The number stands before the value, or in a header of its own, with what belongs to it behind it there.
    """
    given = next((content for name, content in reversed(headers) if name == SCHEMA_HEADER and content), None)
    if given is None:
        return _taken_apart(value, b"")
    return _taken_apart(given, value)


def _taken_apart(start: bytes, rest: bytes) -> Frame | None:
    if start[:1] == b"\0" and len(start) + len(rest) > _ID_BYTES <= len(start) + 1:
        return Frame(int.from_bytes(start[1:_ID_BYTES]), start[_ID_BYTES:] + rest)
    if start[:1] == b"\1" and len(start) >= _GUID_BYTES:
        return Frame(str(UUID(bytes=start[1:_GUID_BYTES])), start[_GUID_BYTES:] + rest)
    return None


def is_framed(value: bytes, origin: Origin) -> bool:
    """Return whether a record is in a frame: no text begins so, nor does a message of Protobuf."""
    return frame_of(value, origin.headers) is not None


def registry_reader(decode: Callable[[Frame], bytes], read_object: ReadObject) -> Read:
    """Return the reader of framed records. ``decode`` returns what a frame holds as JSON.

    What is not an object is taken for the message.
    """

    def read(value: bytes, origin: Origin) -> list[Found | Bad]:
        frame = frame_of(value, origin.headers)
        if frame is None:
            raise UndecodableError("not_this_format")
        content = decode(frame)
        if content[:1] != b"{":
            content = msgspec.json.encode({"message": msgspec.Raw(content)})
        return [read_object(content, origin)]

    return read


def without_registry(frame: Frame) -> bytes:
    """Return the JSON in a frame, where no registry can be asked.

    Raises:
        UndecodableError: it holds something else; the error says what to set and to install.
    """
    if frame.payload[:1] == b"{":
        try:
            msgspec.json.decode(frame.payload)
        except msgspec.MsgspecError:
            pass
        else:
            return frame.payload
    raise UndecodableError(
        "no_registry",
        f"the record names schema {frame.schema} of a schema registry: set LOGSLUICE_SCHEMA_REGISTRY__URL, and install "
        "what decodes it, pip install 'logsluice[registry]'",
    )
