"""A JSON object, taken apart into its members."""

from collections.abc import Mapping, Sequence

import msgspec

from consumer.records.json_text import without_halves, without_mark
from consumer.records.reasons import UndecodableError

Members = Mapping[str, msgspec.Raw]
NUMBER_STARTS = frozenset(b"-0123456789"[place : place + 1] for place in range(11))

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_string = msgspec.json.Decoder(str)


def members_of(value: bytes) -> dict[str, msgspec.Raw]:
    """Return the members of a JSON object.

    Raises:
        UndecodableError: it is none.
    """
    if not value.isascii():
        check_utf8(value)
    if b"\\u" in value:
        value = without_halves(value)
    try:
        return _members.decode(without_mark(value))
    except msgspec.ValidationError as error:
        raise UndecodableError("not_an_object") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UndecodableError("not_json") from error


def check_utf8(value: bytes) -> None:
    """Return if bytes are UTF-8.

    Raises:
        UndecodableError: they are not.
    """
    if not is_utf8(value):
        raise UndecodableError("not_utf8")


def is_utf8(value: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def text_of(value: bytes) -> str:
    """Return a JSON string, or a number as it is written; "" for whatever else stands there."""
    if value[:1] == b'"':
        return _string.decode(value)
    return value.decode() if value[:1] in NUMBER_STARTS else ""


def at(members: Members, path: Sequence[str]) -> bytes:
    """Return the JSON at a path of names, each in the object before it; empty where there is none.

    What is left of a path may be one name with dots in it.
    """
    raw = bytes(members.get(path[0], b""))
    if len(path) == 1:
        return raw
    rest, inner = path[1:], _members.decode(raw) if raw[:1] == b"{" else {}
    return at(inner, rest) or (bytes(inner.get(".".join(rest), b"")) if rest[1:] else b"")
