"""Events of Kubernetes, alone or in a list, as ``kubectl`` and the exporters of events write them."""

import re

from consumer.records.formats.elements import Members, Split, one, splitter_of_member
from consumer.records.formats.flat import event_of
from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import members_of, text_of
from consumer.records.formats.objects import inner, with_ours
from consumer.records.formats.severity import from_word
from consumer.records.reasons import UndecodableError

_LISTS = ("EventList", "List")
_split_items = splitter_of_member("items")
# What a controller adds to the name of its pods: a hash of the template, and five characters for each pod.
_GENERATED = re.compile(r"(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$")


def is_kubernetes_event(members: Members) -> bool:
    """Return whether an object is an event."""
    return "reason" in members and ("involvedObject" in members or "regarding" in members)


def is_kubernetes_events(members: Members, origin: Origin) -> bool:
    """Return whether an object is an event, or a list of them."""
    if "items" in members:
        return text_of(bytes(members.get("kind", b""))) in _LISTS
    return is_kubernetes_event(members)


def split_kubernetes_events(value: bytes) -> Split:
    """Take a list of events apart; an event alone is one."""
    members = members_of(value)
    if "items" in members:
        return _split_items(value)
    if not is_kubernetes_event(members):
        raise UndecodableError("not_this_format")
    return one(value)


def read_kubernetes_event(value: bytes, origin: Origin) -> Found:
    """Return an event: its source is the object that it is about, without what is generated of a pod's name."""
    members = members_of(value)
    about = inner(members, "involvedObject") or inner(members, "regarding")
    reason, text = (_text(members, name) for name in ("reason", "message"))
    text = text or _text(members, "note")
    if not about or not (reason or text):
        raise UndecodableError("no_message" if about else "not_this_format")
    message = f"{reason}: {text}" if reason and text else reason or text
    kind, name = _text(about, "kind"), _text(about, "name")
    source = _GENERATED.sub("", name) if kind == "Pod" else name
    severity = from_word(_text(members, "type"))
    times = ("eventTime", "lastTimestamp", "firstTimestamp", "deprecatedLastTimestamp")
    ours = {
        "message": message,
        "@timestamp": next((time for each in times if (time := _text(members, each))), ""),
        "log.level": severity,
        "service.name": source,
        "k8s.event.reason": reason,
        "k8s.object.kind": kind,
        "k8s.object.name": name,
        "k8s.namespace.name": _text(about, "namespace"),
    }
    return Found(event_of(source, message, severity, origin), with_ours(value, members, ours))


def _text(members: Members, name: str) -> str:
    return text_of(bytes(members.get(name, b"")))
