"""A message that is itself a JSON object, logfmt or a line of klog: its own part of it is what is classified."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import astuple

from consumer.records.formats.k8s_audit import audit_message, is_audit
from consumer.records.formats.made import made_message
from consumer.records.formats.members import members_of
from consumer.records.formats.severity import from_word
from consumer.records.reasons import UndecodableError

MESSAGES = (
    "message",
    "msg",
    "log_message",
    "log",
    "@message",
    "@m",
    "short_message",
    "formatted",
    "title",
)
LEVELS = ("level", "log.level", "severity", "lvl", "levelname", "loglevel", "severity_text", "@l")
ERRORS = ("error", "err", "exception", "error.message", "exc_info", "@x")
_NAMES = (*MESSAGES, *LEVELS, *ERRORS)
_object: Callable[[str], Any] = msgspec.json.Decoder(
    msgspec.defstruct(
        "Inner",
        [(f"field_{place}", Any, None) for place in range(len(_NAMES))],
        rename={f"field_{place}": name for place, name in enumerate(_NAMES)},
        gc=False,
    )
).decode
LOGFMT = re.compile(r"[A-Za-z_@][\w.@/-]*=")
# What is not in quotes and goes on after a space reaches to the next pair.
_NAME = r"[A-Za-z_@][\w.@/-]*="
PAIR = re.compile(rf'([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*(?: (?!{_NAME})\S+)*)?)')
KLOG = re.compile(
    r"(?P<level>[IWEF])(?P<time>(?:\d{4})?[01]\d[0-3]\d \d\d:\d\d:\d\d\.\d{6}) +(?P<thread>\d+) "
    r"(?P<file>[^\s:\]]{1,255}):(?P<line>\d+)\] ?"
)
ODD_STARTS = "{IWEF"
"""With which JSON and lines of klog start."""
_MOST_CHARS = 64 << 10
"""Of a longer message only the beginning is classified anyway."""


def is_odd(message: str) -> bool:
    """Return whether a message may need `own_part`; quick, and right where it returns False."""
    start = message[:1]
    return (
        (start in ODD_STARTS and (start == "{" or message[1:5].isdigit()))
        or message[-1:] == "\n"
        or ("=" in message and ("msg=" in message or "message=" in message))
    )


def has_own_part(message: str) -> bool:
    """Return whether a JSON object has a message of its own."""
    members = _of_json(message)
    return any(members.get(name) for name in MESSAGES)


def own_part(message: str, severity: str) -> tuple[str, str]:
    """Return what of a message is classified, and how severe it is by its own word, else by ``severity``.

    Line breaks at its end go. What is in turn within the own message is left as it is.
    """
    message = message.rstrip("\r\n")
    klog = KLOG.match(message)
    if klog is not None and klog.end() < len(message):
        return message[klog.end() :], from_word(klog["level"])
    members = _of_json(message) if message[:1] == "{" else _of_logfmt(message)
    own = next((members[name] for name in MESSAGES if members.get(name)), "")
    level = next((found for name in LEVELS if (found := from_word(members.get(name, "")))), "")
    if not own:
        made = _made(message) if message[:1] == "{" else ""
        return made or message, level or severity
    error = next((members[name] for name in ERRORS if members.get(name)), "")
    own = own.rstrip("\r\n")
    return own if not error or error in own else f"{own}: {error}", level or severity


def _made(message: str) -> str:
    """Return a message that is made of the members of a JSON object; empty where that is none."""
    value = message[:_MOST_CHARS].encode("utf-8", "replace")
    try:
        members = members_of(value)
        return audit_message(value) if is_audit(members) else made_message(members)
    except UndecodableError:
        return ""


def _of_json(message: str) -> dict[str, str]:
    """Return the texts among the members of an object, and in ``error`` and ``log``; none where it is no object."""
    if len(message) > _MOST_CHARS:
        return {}
    try:
        members = _object(message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    texts = {}
    for name, value in zip(_NAMES, astuple(members), strict=True):
        if isinstance(value, dict):
            value = value.get("level" if name == "log" else "message")
            name = "log.level" if name == "log" else name
        if isinstance(value, str):
            texts[name] = value
        elif isinstance(value, int) and name in LEVELS:
            texts[name] = str(value)
    return texts


def _of_logfmt(message: str) -> dict[str, str]:
    if len(message) > _MOST_CHARS or not LOGFMT.match(message):
        return {}
    found: dict[str, str] = {}
    for name, quoted, plain in PAIR.findall(message):
        found.setdefault(name, re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return found
