"""Logs of Azure as its diagnostic settings send them to Event Hubs: objects in ``records``, or in an array.

Services differ in where the message is: in ``properties`` under several names, in ``resultDescription``, or nowhere, so
that it is made of the operation and its result.
"""

from typing import Any

import msgspec

from consumer.records.formats.elements import Members, Split, one, split_array, splitter_of_member
from consumer.records.formats.flat import event_of
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import members_of, text_of
from consumer.records.formats.objects import inner, with_ours
from consumer.records.formats.severity import from_windows, from_word
from consumer.records.json_text import without_mark
from consumer.records.reasons import UndecodableError

_IN_PROPERTIES = ("log", "Log", "message", "Message", "msg", "Msg", "statusMessage", "errorMessage")
_AT_THE_TOP = ("resultDescription", "ResultDescription", "message", "Message", "log", "Log", "OuterMessage")
_APPS = (
    "AppRoleName",
    "appName",
    "AppName",
    "containerAppName",
    "ContainerAppName",
    "containerName",
    "ContainerName",
)
_REQUESTS = (
    ("httpMethod", "requestUri", "httpStatus", "httpStatusCode"),
    ("CsMethod", "CsUriStem", "ScStatus"),
    ("Name", "Url", "ResultCode"),  # Application Insights
)
_OPERATIONS = ("operationName", "OperationName")
_RESULTS = ("resultType", "resultSignature", "status")
_TIMES = ("time", "timeStamp", "timestamp", "TimeGenerated")
_INSIGHTS = {"0": "trace", "1": "info", "2": "warning", "3": "error", "4": "critical"}
"""``SeverityLevel`` as Application Insights numbers them."""
_KINDS = ("category", "Category", "operationName", "OperationName", "Type")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_split_records = splitter_of_member("records")
_MOST_QUOTED = 64 << 10


def is_azure(members: Members, origin: Origin) -> bool:
    """Return whether an object is a log, or ``records`` and nothing else, an array of objects."""
    return is_azure_log(members) or (
        len(members) == 1 and bytes(members.get("records", b"")).startswith((b"[{", b"[ {", b"[\n", b"[\r"))
    )


def is_azure_log(members: Members) -> bool:
    """Return whether an object is a log of Azure."""
    return ("resourceId" in members or "ResourceId" in members) and any(name in members for name in _KINDS)


def split_azure(value: bytes) -> Split:
    """Take a record apart: an array, or the one in ``records``; a log without either is one."""
    if without_mark(value).lstrip()[:1] == b"[":
        return split_array(value)
    members = members_of(value)
    if "records" in members:
        return _split_records(value)
    if not is_azure_log(members):
        raise UndecodableError("not_this_format")
    return one(value)


def read_azure_log(value: bytes, origin: Origin) -> Found:
    """Return the event of one log: its source is the app, or the resource by the last part of its id."""
    members = members_of(value)
    properties = _properties(members)
    category = _first(members, ("category", "Category"))
    message = _first(properties, _IN_PROPERTIES) or _first(members, _AT_THE_TOP)
    if not message or message.lower() == _first(members, _OPERATIONS).lower():
        message = _made(members, properties)
    if not message.strip():
        raise UndecodableError("no_message")
    resource = _first(members, ("resourceId", "ResourceId"))
    is_control_plane = (
        "pod" in properties and "containerID" in properties
    )  # of Kubernetes: the category is the program
    source = (
        (category if is_control_plane else "")
        or _first(properties, _APPS)
        or _first(members, _APPS)
        or resource.rstrip("/").rpartition("/")[2]
        or category
    )
    level = _first(members, ("level", "Level")) or _first(properties, ("level", "Level"))
    numbered = from_windows(int(level)) if level.isascii() and level.isdigit() and len(level) == 1 else ""
    severity = numbered or from_word(level) or _INSIGHTS.get(_text(members, "SeverityLevel"), "")
    ours: dict[str, Any] = {
        "message": message,
        "@timestamp": _first(members, _TIMES),
        "log.level": level,
        "service.name": source,
        "cloud.resource_id": resource,
    }
    return Found(event_of(source, message, severity, origin), with_ours(value, members, ours))


def _properties(members: Members) -> dict[str, msgspec.Raw]:
    """Return the members of ``properties``: an object, or a text that holds one, perhaps in single quotes."""
    for name in ("properties", "Properties"):
        text = text_of(bytes(members.get(name, b"")))
        for each in (text, text.replace("'", '"') if len(text) <= _MOST_QUOTED else ""):
            if each[:1] == "{":
                try:
                    return _members.decode(each)
                except (msgspec.MsgspecError, RecursionError):
                    continue
        found = inner(members, name)
        if found:
            return found
    return {}


def _made(members: Members, properties: Members) -> str:
    """Return a message for a log that has none: a request, or the operation, and how it ended."""
    for names in _REQUESTS:
        for each in (properties, members):
            if names[0] in each and names[1] in each:
                return " ".join(text for name in names if (text := _text(each, name)))
    operation = _first(members, _OPERATIONS)
    results = [text for name in _RESULTS if (text := _text(members, name))]
    return f"{operation}: {' '.join(results)}" if operation and results else operation


def _first(members: Members, names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(members, name))), "")


def _text(members: Members, name: str) -> str:
    return text_of(bytes(members.get(name, b"")))
