"""Times that a person types."""

from datetime import datetime, timedelta

import click
import pytest

from consumer.records.verdict import now_ms
from logsluice.cli.times import Time


def time_of(text: str) -> int:
    return Time().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "ago_ms"),
    [("2h", 7_200_000), ("-2h", 7_200_000), (" 90 s ", 90_000), ("-1d", 86_400_000), ("NOW", 0)],
)
def test_a_time_may_be_so_long_ago(text: str, ago_ms: int) -> None:
    before = now_ms()
    assert before <= time_of(text) + ago_ms <= now_ms()


def test_a_day_is_its_midnight_by_the_clock_here() -> None:
    today = datetime.fromtimestamp(time_of("today") / 1000)
    yesterday = datetime.fromtimestamp(time_of("Yesterday") / 1000)
    assert (today.hour, today.minute, today.second, today.microsecond) == (0, 0, 0, 0)
    assert today - yesterday == timedelta(days=1)
    assert today <= datetime.now() < today + timedelta(days=2)


def test_a_zone_that_is_named_holds() -> None:
    assert time_of("2026-01-31T12:00+02:00") == 1_769_853_600_000
    assert time_of("2026-01-31T10:00Z") == 1_769_853_600_000


@pytest.mark.parametrize(
    "text", ["soon", "", "-", "2", "2w", "--2h", "tomorrow", "2026-13-01", "9" * 30 + "h"]
)
def test_anything_else_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time"):
        time_of(text)
