"""Which format a record is in: the one that is named for its topic, or the one that it looks like."""

import re
import zlib
from collections.abc import Callable

import msgspec

from consumer.records.formats.by_topic import by_topic
from consumer.records.formats.found import Bad, Format, Found, Opened, Origin
from consumer.records.formats.json_record import object_reader
from consumer.records.formats.members import members_of
from consumer.records.formats.registry import Frame, without_registry
from consumer.records.formats.table import AUTO, formats_with
from consumer.records.json_text import without_mark
from consumer.records.reasons import UndecodableError

MOST_OPENED = 16 << 20
"""Bytes of a compressed record, opened."""
_GZIP = b"\x1f\x8b"
_WBITS_GZIP = 31
_MOST_MEMBERS = 100
_MEANT_AS_JSON = re.compile(rb'\s*(?:\{\s*(?:["}]|$)|\[\s*[\[{"\]])')
_json = msgspec.json.Decoder(msgspec.Raw)


Events = list[Found | Bad]


class Readers:
    """Reads records by the formats of their topics. ``input_format`` is the setting ``INPUT_FORMAT``."""

    def __init__(
        self,
        input_format: str = AUTO,
        source_field: str | None = None,
        message_field: str | None = None,
        decode_frame: Callable[[Frame], bytes] = without_registry,
    ) -> None:
        self._formats = formats_with(source_field, message_field, decode_frame)
        self._default, self._by_topic = by_topic(input_format)
        self._by_bytes = [each for each in self._formats.values() if each.by_bytes is not None]
        self._by_members = [each for each in self._formats.values() if each.by_members is not None]
        self._read_members = object_reader(source_field, message_field)

    def read(self, value: bytes | None, origin: Origin) -> tuple[Opened, Events]:
        """Return a record, opened, and the events in it.

        Raises:
            UndecodableError: it holds none that can be decoded.
        """
        if not value:
            raise UndecodableError("tombstone" if value is None else "empty")
        compressed = value[:2] == _GZIP
        if compressed:
            value = _opened(value)
        name = self._by_topic.get(origin.topic, self._default)
        if name != AUTO:
            known = self._formats[name]
            events = [*known.read(value, origin)]
        else:
            known, events = self._recognised(value, origin)
        count = (events[-1].index or 0) + 1 if events else 0
        return Opened(known, value, compressed, count), events

    def _recognised(self, value: bytes, origin: Origin) -> tuple[Format, Events]:
        """Return the format that a record is in by its looks, and its events."""
        odd: UndecodableError | None = None
        start = value[:64].lstrip()
        if start[:1] == b"{" or value.startswith(b"\xef\xbb\xbf"):
            try:
                members = members_of(value)
            except UndecodableError as error:
                odd = error
            else:
                for each in self._by_members:
                    if each.by_members is not None and each.by_members(members, origin):
                        return each, [*each.read(value, origin)]
                return self._formats["json"], [self._read_members(without_mark(value), members, origin)]
        for each in self._by_bytes:
            if each.by_bytes is not None and each.by_bytes(value, origin):
                try:
                    return each, [*each.read(value, origin)]
                except UndecodableError as error:
                    if not each.is_line or error.reason != "not_this_format":
                        raise  # a line that only starts so is one of text
        if not value.strip():
            raise UndecodableError("empty")
        if odd is not None and (odd.reason == "not_utf8" or _MEANT_AS_JSON.match(without_mark(value))):
            raise odd
        if _is_json(value) and start[:1] != b'"':
            raise UndecodableError("not_an_object")
        text = self._formats["text"]
        return text, [*text.read(value, origin)]


def _opened(value: bytes) -> bytes:
    """Return what was compressed with gzip, in one member or several.

    Raises:
        UndecodableError: it is broken, or far larger than any record.
    """
    opened, rest = b"", value
    for _ in range(_MOST_MEMBERS):
        gzip = zlib.decompressobj(_WBITS_GZIP)
        try:
            opened += gzip.decompress(rest, MOST_OPENED + 1 - len(opened))
        except zlib.error as error:
            raise UndecodableError("not_this_format") from error
        if len(opened) > MOST_OPENED:
            raise UndecodableError("too_large")
        if not gzip.eof:
            raise UndecodableError("not_this_format")  # cut off
        rest = gzip.unused_data
        if not rest:
            break
    if rest:
        raise UndecodableError("too_large")
    if not opened:
        raise UndecodableError("empty")
    return opened


def _is_json(value: bytes) -> bool:
    try:
        _json.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True
