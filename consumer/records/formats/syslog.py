"""Syslog: RFC 5424, and RFC 3164 as daemons, files and network devices write it."""

import re
from collections.abc import Mapping

from consumer.records.formats.flat import flat
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import check_utf8
from consumer.records.formats.severity import from_syslog
from consumer.records.reasons import UndecodableError

_SEEN_BYTES = 300
"""How much of a record is looked at to recognise it."""
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_BSD = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_PRIORITY = r"<(?P<priority>\d{1,3})>"
_NAME = r"(?=[^\s:]*[A-Za-z])[^\s\[\]:<>\"]{1,64}"
_TAG = rf"(?P<tag>{_NAME})(?:\[(?P<pid>[\w./-]{{1,32}})\])?:"

_RFC5424 = re.compile(
    rf"{_PRIORITY}(?P<version>[1-9]\d?) (?P<time>-|{_ISO}) (?P<host>\S{{1,255}}) (?P<app>\S{{1,255}}) "
    r"(?P<pid>\S{1,128}) (?P<id>\S{1,128})(?: (?P<data>-(?= |$)|\[)?|$)"
)
_DATA_ELEMENT = re.compile(r'\[([^\s=\]"]+)((?: +[^\s=\]"]+="[^"\\]*(?:\\.[^"\\]*)*")*) *\]', re.DOTALL)
_DATA_PARAMETER = re.compile(r' +([^\s=\]"]+)="([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_DATA_ESCAPE = re.compile(r'\\(["\\\]])')

_RFC3164 = re.compile(
    # Cisco numbers its messages, and has a mark before the time and a colon behind it
    rf"(?:{_PRIORITY})?(?:\d{{1,10}}: )?(?:[*.]?(?P<time>{_BSD}|{_ISO})(?: [A-Z]{{3,5}}(?=:))?:? )?"
    rf"(?:(?:(?P<host>[\w.:-]{{1,255}}) (?:: )?)?(?P<tagged>{_TAG}) ?)?"
)
_RFC3164_START = re.compile(
    # a priority; or no priority, as files have it, and then all that there is
    r"<\d{1,3}>(?=\S)"
    rf"|{_BSD} [\w.:-]{{1,255}} {_NAME}(?:\[\d{{1,10}}\])?:(?: |$)"
    rf"|{_ISO} [\w.:-]{{1,255}} {_NAME}\[\d{{1,10}}\]:(?: |$)"
)
_OCTET_COUNT = re.compile(rb"([1-9]\d{0,7}) (?=<)")
_MOST_PRIORITY = 191


def is_syslog(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts as either RFC has it, RFC 3164 with or without a priority."""
    if value[:1] != b"<" and not value[:1].isalnum():
        return False
    start = without_octet_count(value)[:_SEEN_BYTES].decode("utf-8", "replace")
    match = _RFC5424.match(start) or _RFC3164_START.match(start)
    if match is None:
        return False
    return start[0] != "<" or int(start[1:].partition(">")[0]) <= _MOST_PRIORITY


def read_syslog(value: bytes, origin: Origin) -> list[Found]:
    """Return the event of a record in either form. Raises `UndecodableError`."""
    check_utf8(value)
    text = without_octet_count(value).decode().rstrip("\r\n\0")
    modern = _RFC5424.match(text)
    return [_rfc5424(text, modern, origin) if modern is not None else _rfc3164(text, origin)]


def without_octet_count(value: bytes) -> bytes:
    """Return a record without the length before it that syslog over TCP may have."""
    counted = _OCTET_COUNT.match(value)
    if counted is None:
        return value
    rest = value[counted.end() :]
    return rest if 0 <= len(rest) - int(counted[1]) <= 1 else value  # a line break may follow


def _rfc5424(text: str, match: re.Match[str], origin: Origin) -> Found:
    start = place = match.start("data") if match["data"] == "[" else match.end()
    data: dict[str, dict[str, str]] = {}
    while match["data"] == "[" and (element := _DATA_ELEMENT.match(text, place)) is not None:
        parameters = {
            name: _DATA_ESCAPE.sub(r"\1", content) for name, content in _DATA_PARAMETER.findall(element[2])
        }
        data.setdefault(element[1], {}).update(parameters)
        place = element.end()
    if text[place : place + 1] not in ("", " "):
        data, place = (
            {},
            start,
        )  # the structured data is left out, as some do, or broken: all of it is the message
    message = text[place:].removeprefix(" ").removeprefix("\ufeff") or text[start:place]
    source = _known(match["app"]) or _known(match["id"])
    members = {
        "@timestamp": _known(match["time"]).replace(" ", "T").replace(",", "."),
        "service.name": source,
        "host.name": _known(match["host"]),
        "log.syslog.appname": _known(match["app"]),
        "log.syslog.procid": _known(match["pid"]),
        "log.syslog.msgid": _known(match["id"]),
        "log.syslog.structured_data": data or None,
    }
    return _found(message, match["priority"], members, origin)


def _rfc3164(text: str, origin: Origin) -> Found:
    match = _RFC3164.match(text)
    if match is None or not (match["priority"] or match["time"]):
        raise UndecodableError("not_this_format")
    time = match["time"] or ""
    is_bsd = time[:1].isalpha()
    members = {
        # one of BSD has neither year nor zone: the time of the record is near it
        "@timestamp": "" if is_bsd else time.replace(" ", "T").replace(",", "."),
        "timestamp": time if is_bsd else "",
        "service.name": match["tag"] or "",
        "host.name": match["host"] or "",
        "log.syslog.appname": match["tag"] or "",
        "log.syslog.procid": match["pid"] or "",
    }
    return _found(text[match.end() :].removeprefix("\ufeff"), match["priority"], members, origin)


def _found(message: str, priority: str | None, members: Mapping[str, object], origin: Origin) -> Found:
    if not message.strip():
        raise UndecodableError("no_message")
    if priority is None:
        return flat(message, origin, members)
    number = int(priority)
    if number > _MOST_PRIORITY:
        raise UndecodableError("not_this_format")
    severity = from_syslog(number & 7)
    of_priority = {
        "log.level": severity,
        "log.syslog.priority": number,
        "log.syslog.facility.code": number >> 3,
        "log.syslog.severity.code": number & 7,
    }
    return flat(message, origin, {**members, **of_priority}, severity)


def _known(field: str) -> str:
    """Return a field of RFC 5424; empty where it has the hyphen that stands for nothing."""
    return "" if field == "-" else field
