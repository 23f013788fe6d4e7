"""Lines of ``name=value`` pairs: as a JSON object with these members, they are read as one."""

import re

import msgspec

from consumer.records.formats.found import Found, Origin, Read, ReadObject
from consumer.records.formats.members import check_utf8
from consumer.records.reasons import UndecodableError

_NAME = r"[A-Za-z_@][\w.@/-]*"
_PAIR = re.compile(rf'({_NAME})(?:=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]\S*)?))?(?=\s|$)\s*', re.DOTALL)
_FIRST = re.compile(rf'{_NAME}=(?:"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"]\S*)? (?={_NAME}=)'.encode(), re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_SEEN_BYTES = 1000
_TELLING = re.compile(rb"(?:^|\s)(?:level|lvl|severity|msg|message)=")
_MOST_PAIRS = 1000

_encode = msgspec.json.Encoder().encode


def is_logfmt(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts with two pairs, and has a level or a message among the first."""
    start = value[:_SEEN_BYTES]
    return _FIRST.match(start) is not None and _TELLING.search(start) is not None


def logfmt_reader(read_object: ReadObject) -> Read:
    """Return a reader of lines; ``read_object`` finds message, source and severity among the members."""

    def read(value: bytes, origin: Origin) -> list[Found]:
        check_utf8(value)
        line = value.decode().strip()
        members = _members(line)
        try:
            return [read_object(_encode(members), origin)]
        except UndecodableError as error:
            if error.reason == "no_message":  # then all of it is one
                return [read_object(_encode({**members, "message": line}), origin)]
            raise

    return read


def _members(line: str) -> dict[str, str]:
    members: dict[str, str] = {}
    place = 0
    while place < len(line):
        pair = _PAIR.match(line, place)
        if pair is None or len(members) == _MOST_PAIRS:
            raise UndecodableError("not_this_format")
        place = pair.end()
        quoted, plain = pair[2], pair[3]
        members[pair[1]] = plain or "" if quoted is None else _ESCAPE.sub(_unescaped, quoted)
    if not any(members.values()):
        raise UndecodableError("not_this_format")
    return members


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])
