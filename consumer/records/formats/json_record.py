"""One event as a JSON object, however its shipper names what is in it."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from consumer.records.formats.found import Found, Origin
from consumer.records.formats.inner import is_odd, own_part
from consumer.records.formats.members import NUMBER_STARTS, Members, at, text_of
from consumer.records.formats.names import FILES, MESSAGES, OTEL_NUMBERS, SEVERITIES, SOURCES, SURE_FILE
from consumer.records.formats.severity import from_number, from_otel, from_word
from consumer.records.reasons import UndecodableError
from pipeline.event import Event

ReadMembers = Callable[[bytes, Members, Origin], Found]
"""Reads a JSON object whose members have been taken apart already."""

_string = msgspec.json.Decoder(str)
_number = msgspec.json.Decoder(float)
_octets = msgspec.json.Decoder(list[int])
_STREAMS = ("stdout", "stderr")
"""What Docker's driver for fluentd has under ``source``: the stream, and not who wrote it."""
# <pod>_<namespace>_<container>-<id>.log, and .../<container>/<restarts>.log: links that a kubelet makes
_CONTAINER_FILE = re.compile(r"_(?P<link>[^_/]+)-[0-9a-f]{64}\.log$|/pods/.*/(?P<pods>[^/]+)/\d+\.log$")


# What is under `path` or `file` may be a path of a URL, or a file of code.
_LOG_FILE = re.compile(r"\.log\b|[/\\]logs?[/\\]")


class _Place(NamedTuple):
    """Where a name of ours is in an object: the path to it, and how good it is among those of its kind."""

    kind: int
    rank: int
    path: tuple[str, ...]
    name: str


_MESSAGE, _SOURCE, _FILE, _SEVERITY = range(4)


def object_reader(
    source_field: str | None = None, message_field: str | None = None, messages: Collection[str] = MESSAGES
) -> ReadMembers:
    """Return a reader of JSON objects.

    The fields, dotted paths that a user gives, are looked at before the usual names. ``messages`` are the names under
    which a message may be.
    """
    places: dict[str, list[_Place]] = {}
    names: tuple[list[str | None], ...] = (
        [message_field, *(name for name in MESSAGES if name in messages)],
        [source_field, *SOURCES],
        list(FILES),
        list(SEVERITIES),
    )
    for kind, ranked in enumerate(names):
        for rank, name in enumerate(dict.fromkeys(each for each in ranked if each is not None)):
            path = tuple(name.split("."))
            for each in {path, (name,)}:
                places.setdefault(each[0], []).append(_Place(kind, rank, each, name))

    def read(value: bytes, members: Members, origin: Origin) -> Found:
        found: tuple[list[_Place], ...] = ([], [], [], [])
        for name in members:
            for place in places.get(name, ()):
                found[place.kind].append(place)
        for each in found:
            each.sort()
        message, where = _message(members, found[_MESSAGE])
        weak = () if where in (message_field, "log_message") or source_field == "source" else _STREAMS
        source = _source(members, found[_SOURCE], weak) or _stem(members, found[_FILE]) or origin.topic
        severity = _severity(members, found[_SEVERITY])
        if is_odd(message):
            message, severity = own_part(message, severity)
        return Found(Event(source, message, severity), value)

    return read


def _message(members: Members, places: Sequence[_Place]) -> tuple[str, str]:
    """Return the first message that is not empty, and its name."""
    odd, empty = False, None
    for place in places:
        value = at(members, place.path)
        if value[:1] == b'"':
            message = _string.decode(value)
            if message:
                return message, place.name
            empty = empty or place.name
        elif value[:1] == b"[" and place.name == "MESSAGE":  # journald, of bytes that are no UTF-8
            try:
                return bytes(_octets.decode(value)).decode("utf-8", "replace"), place.name
            except (msgspec.MsgspecError, ValueError):
                odd = True
        elif value not in (b"", b"null") and (place.rank == 0 or value[:1] not in (b"{", b"[")):
            odd = True  # an object under a name such as ``log`` is most likely no message at all
    if empty is not None:
        return "", empty
    raise UndecodableError("message_not_a_string" if odd else "no_message")


def _source(members: Members, places: Sequence[_Place], weak: Sequence[str]) -> str:
    """Return the first source that has a name; a ``weak`` one only where there is no other."""
    last = ""
    for place in places:
        source = text_of(at(members, place.path))
        if source in weak:
            last = last or source
        elif source:
            return source.removeprefix("/") if "container" in place.name else source
    return last


def _stem(members: Members, places: Sequence[_Place]) -> str:
    for place in places:
        path = text_of(at(members, place.path))
        if path and (place.name == SURE_FILE or _LOG_FILE.search(path)):
            return stem(path)
    return ""


def stem(path: str) -> str:
    """Return what a log file is called: its container, or its name up to the first dot."""
    container = _CONTAINER_FILE.search(path)
    if container is not None:
        return container["link"] or container["pods"]
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name.partition(".")[0] or name


def _severity(members: Members, places: Sequence[_Place]) -> str:
    for place in places:
        value = at(members, place.path)
        if value[:1] == b'"':
            severity: str = from_word(_string.decode(value))
        elif value[:1] in NUMBER_STARTS:
            severity = number_severity(value, place.name)
        else:
            continue
        if severity:
            return severity
    return ""


def number_severity(value: bytes, name: str) -> str:
    """Return the severity that a number in JSON means under a name."""
    try:
        number = _number.decode(value)
    except msgspec.MsgspecError:
        return ""  # larger than any
    return from_otel(int(number)) if name in OTEL_NUMBERS else from_number(number)
