"""One event as a JSON object, however its shipper names what is in it."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from consumer.records.formats.found import Found, Origin
from consumer.records.formats.inner import has_own_part, is_odd, own_part
from consumer.records.formats.made import made_message
from consumer.records.formats.members import NUMBER_STARTS, Members, at, text_of
from consumer.records.formats.names import (
    FILES,
    LOGGERS,
    MESSAGES,
    OTEL_NUMBERS,
    SEVERITIES,
    SOURCES,
    STAND_INS,
    SURE_FILE,
    TAGGED,
    WINDOWS_NUMBERS,
    WITH_NAME,
)
from consumer.records.formats.severity import from_number, from_otel, from_windows, from_word
from consumer.records.reasons import UndecodableError
from pipeline.event import Event

ReadMembers = Callable[[bytes, Members, Origin], Found]
"""Reads a JSON object whose members have been taken apart already."""

_string = msgspec.json.Decoder(str)
_number = msgspec.json.Decoder(float)
_octets_or_texts = msgspec.json.Decoder(list[int | str])
_SURE = ("message", "msg")
"""Where an object is a message, whatever it holds: as JSON."""
_STREAMS = ("stdout", "stderr")
"""What Docker's driver for fluentd has under ``source``: the stream, and not who wrote it."""
# <pod>_<namespace>_<container>-<id>.log, and .../<container>/<restarts>.log: links that a kubelet makes
_CONTAINER_FILE = re.compile(r"_(?P<link>[^_/]+)-[0-9a-f]{64}\.log$|/pods/.*/(?P<pods>[^/]+)/\d+\.log$")

# What is under `path` or `file` may be a path of a URL, or a file of code.
_LOG_FILE = re.compile(r"\.log\b|[/\\]logs?[/\\]")
_ANY_PROGRAM = ("access", "error", "output", "stdout", "stderr", "current")
"""What a log file is called that does not say whose it is."""


class _Place(NamedTuple):
    """Where a name of ours is in an object: the path to it, and how good it is among those of its kind."""

    kind: int
    rank: int
    path: tuple[str, ...]
    name: str


_MESSAGE, _SOURCE, _FILE, _LOGGER, _SEVERITY = range(5)


def object_reader(
    source_field: str | None = None,
    message_field: str | None = None,
    messages: Collection[str] | None = None,
) -> ReadMembers:
    """Return a reader of JSON objects.

    The fields, dotted paths that a user gives, are looked at before the usual names. ``messages`` are the names under
    which a message may be; None for all usual names, and a message made of other members where there is none.
    """
    places: dict[str, list[_Place]] = {}
    names: tuple[list[str | None], ...] = (
        [message_field, *(name for name in (*MESSAGES, *STAND_INS) if messages is None or name in messages)],
        [source_field, *SOURCES],
        list(FILES),
        list(LOGGERS),
        list(SEVERITIES),
    )
    for kind, ranked in enumerate(names):
        for rank, name in enumerate(dict.fromkeys(each for each in ranked if each is not None)):
            path = tuple(name.split("."))
            for each in {path, (name,)}:
                places.setdefault(each[0], []).append(_Place(kind, rank, each, name))

    def read(value: bytes, members: Members, origin: Origin) -> Found:
        found: tuple[list[_Place], ...] = ([], [], [], [], [])
        for name in members:
            for place in places.get(name, ()):
                found[place.kind].append(place)
        for each in found:
            each.sort()
        message, where = _message(members, found[_MESSAGE], may_be_made=messages is None)
        is_ours = where in (message_field, "log_message") or source_field == "source"
        source = (
            _source(members, found[_SOURCE], is_ours)
            or _stem(members, found[_FILE])
            or _source(members, found[_LOGGER], is_ours)
            or origin.topic
        )
        severity = _severity(members, found[_SEVERITY])
        if is_odd(message):
            message, severity = own_part(message, severity)
        return Found(Event(source, message, severity), value)

    return read


def _message(members: Members, places: Sequence[_Place], may_be_made: bool) -> tuple[str, str]:
    """Return the first message that is not empty, and its name."""
    odd, empty = False, None
    for place in places:
        value = at(members, place.path)
        if value[:1] == b'"':
            message = _string.decode(value)
            if message:
                return message, place.name
            empty = empty or place.name
        elif value[:1] == b"[" and place.name == "MESSAGE":
            try:
                return _of_array(value), place.name
            except (msgspec.MsgspecError, ValueError):
                odd = True
        elif value[:1] == b"{" and place.rank and (place.name in _SURE or has_own_part(value.decode())):
            return value.decode(), place.name
        elif value not in (b"", b"null") and (place.rank == 0 or value[:1] not in (b"{", b"[")):
            odd = True  # an object under a name such as ``log`` is most likely no message at all
    made = made_message(members) if may_be_made else ""
    if made or empty is not None:
        return made, empty or ""
    raise UndecodableError("message_not_a_string" if odd else "no_message")


def _of_array(value: bytes) -> str:
    """Return a message as journald writes one that is no UTF-8, in bytes, or several, of which the first counts."""
    content = _octets_or_texts.decode(value)
    first = next(iter(content), "")
    if isinstance(first, str):
        return first
    return bytes(each for each in content if isinstance(each, int)).decode("utf-8", "replace")


def _source(members: Members, places: Sequence[_Place], is_ours: bool) -> str:
    """Return the first source that has a name; one that may be none only where there is no other.

    In a record that is not ours, a file stands for the program that wrote it.
    """
    weak = ""
    for place in places:
        source = text_of(at(members, place.path))
        if not source or (place.name == "name" and not any(name in members for name in WITH_NAME)):
            continue
        if place.name == TAGGED:
            source = source.rstrip(":").partition("[")[0]
        elif "container" in place.name:
            source = source.removeprefix("/")
        if is_ours:
            return source
        if source in _STREAMS:
            weak = weak or source
        else:
            return stem(source) if source[0] == "/" and _LOG_FILE.search(source) else source
    return weak


def _stem(members: Members, places: Sequence[_Place]) -> str:
    for place in places:
        path = text_of(at(members, place.path))
        if path and (place.name == SURE_FILE or _LOG_FILE.search(path)):
            return stem(path)
    return ""


def stem(path: str) -> str:
    """Return what a log file is called: its container, or its name up to the first dot.

    One that is called as in any program, ``nginx/error.log``, has the name of its directory.
    """
    container = _CONTAINER_FILE.search(path)
    if container is not None:
        return container["link"] or container["pods"]
    directory, _, name = path.replace("\\", "/").rstrip("/").rpartition("/")
    parent = directory.rpartition("/")[2]
    found = name.partition(".")[0] or name
    return parent if found in _ANY_PROGRAM and parent not in ("", "log", "logs") else found


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
    if name in OTEL_NUMBERS:
        return from_otel(int(number))
    return from_windows(int(number)) if name in WINDOWS_NUMBERS else from_number(number)
