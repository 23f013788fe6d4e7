"""JSON objects that keep their bytes, with the names of ECS added in front where the sender has others."""

from collections.abc import Mapping
from typing import Any

import msgspec

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


def with_ours(value: bytes, members: Mapping[str, msgspec.Raw], ours: Mapping[str, Any]) -> bytes:
    """Return a JSON object with members in front, but for those that are empty or that it has itself."""
    added = {name: each for name, each in ours.items() if each not in ("", None) and name not in members}
    if not added:
        return value
    if not members:
        return _encode(added)
    return _encode(added)[:-1] + b"," + value[value.index(b"{") + 1 :]


def inner(members: Mapping[str, msgspec.Raw], name: str) -> dict[str, msgspec.Raw]:
    """Return the members of an object within an object; none where there is no object."""
    raw = bytes(members.get(name, b""))
    return _members.decode(raw) if raw[:1] == b"{" else {}
