"""One log record of OTLP as a flat JSON object: what the readers of its protobuf and of its JSON share.

Attributes of the record, the resource and the scope stand under their own names. The rest has the names of ECS:
``message``, ``@timestamp``, ``log.level``, ``trace.id``, ``span.id``; and ``severity_number``, ``event.name`` and
``otel.scope.name``, as OpenTelemetry names them. An attribute whose name is taken gets ``attributes.`` or ``resource.``
before it.
"""

from binascii import hexlify
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from consumer.records.formats.severity import from_otel, from_word
from consumer.records.formats.times import from_nanoseconds

SOURCES = (
    "service.name",
    "k8s.container.name",
    "container.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
    "k8s.pod.name",
    "faas.name",
    "process.executable.name",
)
"""The attributes that name a source, the best first. They are the resource's, or else the record's own."""
MESSAGES = ("message", "exception.message", "event.name")
"""The attributes that stand in for a body."""
_NO_NAME = "unknown_service"
_OURS = frozenset(
    (
        "message",
        "@timestamp",
        "log.level",
        "severity_number",
        "trace.id",
        "span.id",
        "event.name",
        "otel.scope.name",
        "otel.scope.version",
        "classification",
    )
)

encode = msgspec.json.Encoder().encode


class Context(NamedTuple):
    """What the log records of one scope share: the resource and the scope.

    ``source`` is empty where the resource names none; ``fallback`` is what is left to name one. ``taken`` are the names
    that no attribute of a record may have, ``members`` is what each of the JSON objects ends with.
    """

    source: str
    fallback: str
    taken: frozenset[str]
    members: bytes


class Level(NamedTuple):
    """A severity, and the members that say it."""

    severity: str
    members: bytes


def of_resource(attributes: Mapping[str, Any]) -> Context:
    """Return what the log records under a resource share, before their scope is known."""
    members = [member(name, value, _OURS, "resource.") for name, value in attributes.items()]
    service = attributes.get("service.name")
    unnamed = service if isinstance(service, str) else ""
    return Context(source_among(attributes), unnamed, _OURS.union(attributes), b"".join(members) + b"}")


def in_scope(resource: Context, name: str, version: str) -> Context:
    """Return what the log records under a resource and a scope share."""
    if not name:
        return resource
    members = member("otel.scope.name", name)
    if version:
        members += member("otel.scope.version", version)
    return resource._replace(fallback=name, members=members + resource.members)


def source_among(attributes: Mapping[str, Any]) -> str:
    """Return what attributes name as the source; empty where they name none."""
    for name in SOURCES:
        value = attributes.get(name)
        if isinstance(value, str) and value and not value.startswith(_NO_NAME):
            return value
    return ""


def message_among(attributes: Mapping[str, Any]) -> str:
    """Return the message of a log record without a body; empty where there is none."""
    for name in MESSAGES:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def member(name: str, value: Any, taken: frozenset[str] = frozenset(), prefix: str = "") -> bytes:
    """Return an attribute as a member of a JSON object, with a comma before it."""
    return b"," + encode(prefix + name if name in taken else name) + b":" + encode(value)


def level_of(number: int, text: str) -> Level:
    """Return the severity that OTLP's number or else its text means."""
    members = member("log.level", text) if text else b""
    if number:
        members += member("severity_number", number)
    return Level(from_otel(number) or from_word(text), members)


def text_of(body: Any) -> str:
    """Return the message that a body is: a text, or whatever else it holds as JSON. Raises `UnicodeDecodeError`."""
    if isinstance(body, str):
        return body
    if isinstance(body, bytes):
        return body.decode()
    return "" if body is None else encode(body).decode()


def flat(
    message: str,
    time_ns: int,
    level: bytes,
    attributes: Iterable[bytes],
    trace_id: bytes,
    span_id: bytes,
    event_name: str,
    rest: bytes,
) -> bytes:
    """Return a log record as one JSON object; level, attributes and the rest, of the context, are members."""
    time = b',"@timestamp":"' + from_nanoseconds(time_ns) + b'"' if time_ns else b""
    ids = b',"trace.id":"' + hexlify(trace_id) + b'"' if trace_id else b""
    if span_id:
        ids += b',"span.id":"' + hexlify(span_id) + b'"'
    if event_name:
        ids += member("event.name", event_name)
    return b"".join((b'{"message":', encode(message), time, level, *attributes, ids, rest))
