"""Times on the command line: what a person writes, and what is shown; within, milliseconds since the epoch."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from consumer.records.verdict import now_ms

_AGO = re.compile(r"-?([0-9]{1,12})\s*([smhd])")
_DAYS_AGO = {"today": 0, "yesterday": 1}
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Time(click.ParamType[int]):
    """Takes ``2h`` or ``-2h`` (two hours ago; s, m, h, d), ``now``, ``today``, ``yesterday``, or ISO 8601.

    A day is its midnight. By the clock here where no zone is named.
    """

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the time in milliseconds since the epoch; it may lie before that, or in the future."""
        if isinstance(value, int):
            return value
        ago = _AGO.fullmatch(value.strip())
        if ago:
            return now_ms() - int(ago[1]) * _UNIT_MS[ago[2]]
        days_ago = _DAYS_AGO.get(value.strip().lower())
        if days_ago is not None:
            today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
            return int((today - timedelta(days=days_ago)).timestamp() * 1000)
        if value.strip().lower() == "now":
            return now_ms()
        try:
            return int(datetime.fromisoformat(value.strip()).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is no time: write 2h, 30m, yesterday or 2026-01-31T12:00", param, ctx)


def local_time(time_ms: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return a time by the clock here; one that no calendar has, such as microseconds taken for ms, as a number."""
    try:
        return datetime.fromtimestamp(time_ms / 1000).strftime(form)
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


def iso_time(time_ms: int) -> str | None:
    """Return a time in UTC as ISO 8601; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
