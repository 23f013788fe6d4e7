"""Events of the Kubernetes audit log. They have no message: one is made of who did what to which resource."""

import msgspec

from consumer.records.formats.found import Found, Origin
from consumer.records.formats.members import Members
from consumer.records.json_text import without_halves
from consumer.records.reasons import UndecodableError
from pipeline.event import Event

SOURCE = "kube-apiserver"


class _Named(msgspec.Struct, gc=False):
    username: str = ""


class _Object(msgspec.Struct, gc=False):
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class _Status(msgspec.Struct, gc=False):
    code: int = 0
    status: str = ""
    reason: str = ""
    message: str = ""


class _Audit(msgspec.Struct, gc=False):
    verb: str
    requestURI: str = ""  # noqa: N815 - the names of the format
    user: _Named | None = None
    objectRef: _Object | None = None  # noqa: N815
    responseStatus: _Status | None = None  # noqa: N815


_audit = msgspec.json.Decoder(_Audit)


def is_audit(members: Members, origin: Origin | None = None) -> bool:
    """Return whether an object is an event of the audit log."""
    return "auditID" in members and "verb" in members


def read_audit(value: bytes, origin: Origin) -> list[Found]:
    """Read an event of the audit log."""
    return [Found(Event(SOURCE, audit_message(value)), value)]


def audit_message(value: bytes) -> str:
    """Return one line: ``delete secrets prod/db-password by ci-bot: 403 Forbidden``. Raises `UndecodableError`."""
    try:
        audit = _audit.decode(without_halves(value))
    except msgspec.ValidationError as error:
        raise UndecodableError("not_this_format") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UndecodableError("not_json") from error
    what, status = audit.objectRef, audit.responseStatus
    words = [audit.verb]
    if what is None or not what.resource:
        words.append(audit.requestURI)
    else:
        words.append(f"{what.resource}/{what.subresource}" if what.subresource else what.resource)
        words.append("/".join(part for part in (what.namespace, what.name) if part))
    if audit.user is not None and audit.user.username:
        words += ["by", audit.user.username]
    line = " ".join(word for word in words if word)
    if status is None:
        return line
    outcome = [str(status.code) if status.code else "", status.reason or status.status, status.message]
    said = " ".join(part for part in outcome if part)
    return f"{line}: {said}" if said else line
