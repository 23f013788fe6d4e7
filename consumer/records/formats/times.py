"""Times as formats write them, as RFC 3339 in UTC: what ``@timestamp`` holds."""

from datetime import UTC, datetime
from functools import lru_cache

_NS = 1_000_000_000


def from_nanoseconds(nanoseconds: int) -> bytes:
    """Return a time since the epoch, to the nanosecond; at most 2**64."""
    seconds, rest = divmod(nanoseconds, _NS)
    return b"%b.%09dZ" % (_second(seconds), rest)


def from_milliseconds(milliseconds: int) -> str:
    """Return a time since the epoch, to the millisecond; empty where no calendar has it."""
    seconds, rest = divmod(milliseconds, 1000)
    try:
        return f"{_second(seconds).decode()}.{rest:03d}Z"
    except (ValueError, OverflowError, OSError):
        return ""


@lru_cache(1024)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
