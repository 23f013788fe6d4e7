"""Lines of containers as containerd and CRI-O write them: time, stream, and whether the line is whole.

A line that the runtime cut, ``P``, is an event of its own, for the other parts are in other records;
``logtag`` says so.
"""

import re

from consumer.records.formats.flat import flat
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import check_utf8
from consumer.records.reasons import UndecodableError

_CRI = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    r"(?P<stream>stdout|stderr) (?P<tag>[FP](?::\S*)?)(?: |$)"
)
_SEEN_BYTES = 80


def is_cri(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts as a line of a container."""
    return value[:2] == b"20" and _CRI.match(value[:_SEEN_BYTES].decode("ascii", "replace")) is not None


def read_cri(value: bytes, origin: Origin) -> list[Found]:
    """Return the event of a line. Raises `UndecodableError`."""
    check_utf8(value)
    text = value.decode()
    match = _CRI.match(text)
    if match is None:
        raise UndecodableError("not_this_format")
    message = text[match.end() :].rstrip("\r\n")
    if not message.strip():
        raise UndecodableError("no_message")
    members = {"@timestamp": match["time"], "log.iostream": match["stream"], "logtag": match["tag"]}
    return [flat(message, origin, members)]
