"""Lines of klog and glog, as the programs of Kubernetes write them: a letter, the time, the thread, the place."""

from consumer.records.formats.flat import flat
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.inner import KLOG
from consumer.records.formats.members import check_utf8
from consumer.records.formats.severity import from_word
from consumer.records.reasons import UndecodableError

_SEEN_BYTES = 330


def is_klog(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts as a line of klog."""
    return value[:1] in (b"I", b"W", b"E", b"F") and (
        KLOG.match(value[:_SEEN_BYTES].decode("ascii", "replace")) is not None
    )


def read_klog(value: bytes, origin: Origin) -> list[Found]:
    """Return the event of a line. Raises `UndecodableError`."""
    check_utf8(value)
    text = value.decode()
    match = KLOG.match(text)
    if match is None:
        raise UndecodableError("not_this_format")
    message = text[match.end() :].rstrip("\r\n")
    if not message.strip():
        raise UndecodableError("no_message")
    severity = from_word(match["level"])
    members = {
        "timestamp": match["time"],  # without a zone, and mostly without a year
        "log.level": severity,
        "process.thread.id": int(match["thread"][:18]),
        "log.origin.file.name": match["file"],
        "log.origin.file.line": int(match["line"][:18]),
    }
    return [flat(message, origin, members, severity)]
