"""Numbers and times as the pages show them."""

from datetime import UTC, datetime

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"), (float("inf"), 86_400, "d"))


def count(number: float) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,.0f}"


def short(number: float) -> str:
    """Return a number in three or four characters: 950, 1.2k, 34k, 5.6M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}" if number < 10 * size else f"{number / size:.0f}{unit}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def share(part: float) -> str:
    """Return a share of 1 in percent."""
    percent = 100 * part
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def ago(time_ms: int, now_ms: int) -> str:
    """Return how long ago a time is, in its largest unit; "just now" up to a second, and for what is to come."""
    seconds = (now_ms - time_ms) / 1000
    if seconds < 1:
        return "just now"
    size, name = next((size, name) for limit, size, name in _STEPS if seconds < limit)
    return f"{seconds // size:.0f} {name} ago"


def utc(time_ms: int) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
