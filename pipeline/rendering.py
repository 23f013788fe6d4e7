"""What a structured line says: its message and deciding fields first, ids, addresses and counts left out.

A record of JSON, logfmt or another list of keys and values names twenty things of which two decide what it means.
The classifier reads what is left here; the template that is published and remembered stays as it is.
"""

import re
from typing import NamedTuple

_VALUE = r"\"(?P<{0}quoted>(?:[^\"\\]|\\.)*)\"|'(?P<{0}single>[^']*)'"
_PAIR = re.compile(
    r"(?<![\w\"'])(?:\\*[\"'](?P<name>[A-Za-z_@.][\w.@ -]*)\\*[\"']\s?(?::|=>?)\s?(?:"
    + _VALUE.format("a")
    + r"|(?P<plain>[^\s,{}\[\]\"']+))?"
    r"|(?P<bare>[A-Za-z_@][\w.@-]*)=(?:" + _VALUE.format("b") + r"|(?P<word>[^\s,;\"'{}\[\]]*)))"
)
_LEAST_PAIRS = 3
_LEAST_SHARE = 0.5  # of the text; prose may hold a pair or two
_MOST_OTHERS = 12
_PLACEHOLDER = re.compile(r"<\w+>")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_MESSAGE = re.compile(
    r"(?i)(?:^|[._@])(?:msg|message|displaymessage|log_?desc\w*|desc|descr|description|alert_?description|summary"
    r"|details?|text|title|note|logmessage|signature_msg)$|^event$"
)
_DECIDING = re.compile(
    r"(?i)(?:action|activity|alert_?name|attack\w*|apparmor|cause|code_?name|cmd|command|decision|disposition|err"
    r"|error\w*|exception|event|event[._]?(?:type|name|action|category|outcome)|evt|kind|level|lvl|levelname|method|verb|op|operation(?:_?type|_?name)?|outcome|phase|reason"
    r"|response|result(?:_?type|_?status)?|sev|severity|signal|stage|stat|state|status|sub_?type|verdict|consolelogin"
    r"|log_type|threat\w*|virus|success|allowed|connectivity|policy|rule\w*)$|^(?:@l|type)$"
)
_NOISE = re.compile(
    r"(?i)(?:^|[._])(?:\w*(?:id|uuid|time|timestamp|ip|port|mac|zone|intf|country|serial|version|addr|address|host"
    r"|hostname)|ts|t|date|tz|timezone|vd|sn|fw|dev\w*|device\w*|caller|logger|thread|ctx|component|node\.name|pid"
    r"|tid|trace|span|agent|user_?agent|region|format|v|n|c|m|pri|src\w*|dst\w*|source\w*|destination\w*|hostname)$"
)


class _Pair(NamedTuple):
    key: str
    value: str


def rendered(template: str) -> str:
    """Return what a structured template says in the words that decide; any other template as it is.

    First what stands outside of keys and values, then the message, then the fields that decide with their
    names, then the rest without what is a placeholder or names an id, an address, a time or a device.
    """
    matches = list(_PAIR.finditer(template))
    if len(matches) < _LEAST_PAIRS or sum(len(m[0]) for m in matches) < _LEAST_SHARE * len(template):
        return template
    pairs = [_pair(match) for match in matches]
    outside = " ".join(re.sub(r"[^\w<>%/.:!-]+", " ", _PAIR.sub(" ", template)).split())
    messages = [pair.value for pair in pairs if _MESSAGE.search(pair.key) and _says(pair.value)]
    deciding = [
        f"{pair.key} {pair.value}"
        for pair in pairs
        if not _MESSAGE.search(pair.key) and _DECIDING.search(pair.key) and _says(pair.value)
    ]
    others = [
        f"{pair.key} {pair.value}" if _says(pair.value) else pair.key
        for pair in pairs
        if not _NOISE.search(pair.key)
        and not (_says(pair.value) and (_MESSAGE.search(pair.key) or _DECIDING.search(pair.key)))
    ]
    return " ; ".join(part for part in (outside, *messages, *deciding, *others[:_MOST_OTHERS]) if _says(part))


def _pair(match: re.Match[str]) -> _Pair:
    key = match["name"] or match["bare"]
    value = next(
        (
            match[name]
            for name in ("aquoted", "asingle", "plain", "bquoted", "bsingle", "word")
            if match[name]
        ),
        "",
    )
    return _Pair(key, value)


def _says(value: str) -> bool:
    """Return whether there is a word in a value, placeholders apart."""
    return _LETTERS.search(_PLACEHOLDER.sub("", value)) is not None
