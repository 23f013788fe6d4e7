"""A message for a JSON object that has none: the members that say what happened, one behind the other.

So it is with the records of requests, of audits and of networks: ``GET /cart 502``, ``CreateAccessKey mallory
AccessDenied``. An object without any of them is no event.
"""

import msgspec

from consumer.records.formats.members import Members, at, text_of

_TELLING = (
    # what was done, or seen
    ("event.action", "eventName", "eventType", "event_type", "protoPayload.methodName", "action"),
    ("alert.signature", "signature"),
)
"""Each of these is a message alone."""
_TOGETHER = (
    # a request
    (
        "http.request.method",
        "http.http_method",
        "httpRequest.requestMethod",
        "httpRequest.httpMethod",
        "request.method",
        "request_method",
        "requestMethod",
        "RequestMethod",
        "ClientRequestMethod",
        "method",
    ),
    (
        "url.path",
        "url.original",
        "http.url",
        "httpRequest.requestUrl",
        "httpRequest.uri",
        "request.uri",
        "request.url",
        "request_uri",
        "requestURI",
        "RequestPath",
        "ClientRequestURI",
        "request",
        "uri",
        "url",
        "path",
    ),
    # a connection
    ("source.ip", "src_ip", "srcaddr", "id.orig_h"),
    ("destination.ip", "dest_ip", "dstaddr", "id.resp_h"),
    ("dns.rrname", "dns.question.name"),
)
"""Each of these is one with another of them, or with one of the next."""
_BESIDES = (
    ("proto", "network.transport"),
    ("protoPayload.resourceName", "file.path", "process.executable"),
    (
        "user.name",
        "userIdentity.userName",
        "userIdentity.arn",
        "userIdentity.type",
        "protoPayload.authenticationInfo.principalEmail",
        "actor",
    ),
    (
        "http.response.status_code",
        "http.status",
        "httpRequest.status",
        "DownstreamStatus",
        "EdgeResponseStatus",
        "response_code",
        "status_code",
        "status",
    ),
    ("event.outcome", "errorCode", "conn_state", "response_flags", "outcome.result"),
    ("errorMessage", "protoPayload.status.message", "responseElements.ConsoleLogin", "terminatingRuleId"),
)
_list = msgspec.json.Decoder(list[msgspec.Raw])


def made_message(members: Members) -> str:
    """Return the message that is made of an object's members; empty where they say nothing of what happened."""
    telling = _texts(members, _TELLING)
    together = _texts(members, _TOGETHER)
    if not telling and not together:
        return ""
    words = telling + together + _texts(members, _BESIDES)
    return " ".join(words) if telling or len(words) > 1 else ""


def _texts(members: Members, slots: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return the first text that each slot has."""
    return [
        text
        for names in slots
        if (text := next((text for name in names if (text := _text_at(members, name))), ""))
    ]


def _text_at(members: Members, name: str) -> str:
    if name.partition(".")[0] not in members and name not in members:
        return ""
    value = at(members, name.split(".")) or bytes(members.get(name, b""))
    if value[:1] == b"[":  # ECS may have several
        value = bytes(next(iter(_list.decode(value)), b""))
    return text_of(value)
