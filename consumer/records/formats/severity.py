"""How severe an event is by its sender's word, in one vocabulary. The classifier never looks at it."""

from typing import Literal

from pipeline.event import Severity

WORDS: dict[str, Severity] = {
    "trace": "trace",
    "trce": "trace",
    "verbose": "trace",
    "silly": "trace",
    "finest": "trace",
    "finer": "trace",
    "debug": "debug",
    "dbug": "debug",
    "dbg": "debug",
    "fine": "debug",
    "info": "info",
    "inf": "info",
    "information": "info",
    "informational": "info",
    "config": "info",
    "http": "info",
    "success": "info",
    "normal": "info",
    "notice": "notice",
    "warning": "warning",
    "warn": "warning",
    "wrn": "warning",
    "error": "error",
    "err": "error",
    "eror": "error",
    "failure": "error",
    "severe": "error",
    "critical": "critical",
    "crit": "critical",
    "fatal": "critical",
    "ftl": "critical",
    "emergency": "critical",
    "emerg": "critical",
    "alert": "critical",
    "panic": "critical",
    "dpanic": "critical",
    # klog, glog and others write a letter
    "v": "trace",
    "d": "debug",
    "i": "info",
    "n": "notice",
    "w": "warning",
    "e": "error",
    "f": "critical",
    "c": "critical",
}
_SYSLOG: tuple[Severity, ...] = (
    "critical",
    "critical",
    "critical",
    "error",
    "warning",
    "notice",
    "info",
    "debug",
)
_SIX: tuple[Severity, ...] = ("trace", "debug", "info", "warning", "error", "critical")
_WINDOWS: tuple[Severity, ...] = ("info", "critical", "error", "warning", "info", "trace")
_SEEN_CHARS = 20


def from_word(word: str) -> Severity | Literal[""]:
    """Return the severity that a word means, in any case; a number in a text counts as `from_number`."""
    known = WORDS.get(word)
    if known is not None:
        return known
    word = word[:_SEEN_CHARS].strip().lower()
    if word.isascii() and word.isdigit():
        return from_number(int(word))
    return WORDS.get(word, "")


def from_syslog(number: int) -> Severity | Literal[""]:
    """Return the severity of a syslog priority's lowest three bits, 0 to 7; journald and GELF write these too."""
    return _SYSLOG[number] if 0 <= number < len(_SYSLOG) else ""


def from_otel(number: int) -> Severity | Literal[""]:
    """Return the severity of OpenTelemetry's ``severityNumber``, 1 to 24."""
    return _SIX[(number - 1) // 4] if 1 <= number <= 24 else ""


def from_windows(number: int) -> Severity | Literal[""]:
    """Return the severity of a level of Windows' event log, 0 (always logged) to 5."""
    return _WINDOWS[number] if 0 <= number < len(_WINDOWS) else ""


def from_number(number: float) -> Severity | Literal[""]:
    """Return the severity of a bare number: 0 to 7 is syslog's, from 10 on the tens of bunyan and pino."""
    if number < 10:
        return from_syslog(int(number)) if number == int(number) else ""
    return _SIX[min(int(number) // 10, 6) - 1] if number < 100 else ""
