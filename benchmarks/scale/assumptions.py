"""What the tables rest on: the figures of docs/performance.md, and what nobody can measure for somebody else's logs."""

import re
from pathlib import Path

import msgspec

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"
_ROWS = {
    "rate": "`logsluice run`, warm",
    "encoder": "templates never seen before, batched",
    "resident_mb": "resident memory when ready",
    "ready_s": "start to ready",
}


class Assumptions(msgspec.Struct, frozen=True):
    """Per process: events/s, new templates/s, MB and seconds when ready, µs to read a verdict at the start.

    ``load`` is the share of the rate that is planned with. ``by_rules`` and ``unsure`` are shares of the
    templates: those that a rule decides, and those of which no tier is sure, so that an LLM is asked.
    ``max_age_s`` is `PENDING_MAX_AGE_S`.
    """

    rate: float
    encoder: float
    resident_mb: float
    ready_s: float
    verdict_us: float = 5.0
    load: float = 0.6
    by_rules: float = 0.1
    unsure: float = 0.12
    exponent: float = 1.0
    max_templates: int = 200_000
    templates_per_call: int = 16
    tokens_per_minute: int = 8_000
    requests_per_minute: int = 30
    max_age_s: float = 900.0


def measured(page: str) -> dict[str, float]:
    """Return the figures of docs/performance.md by their name in `Assumptions`.

    Raises:
        ValueError: a row is not there.
    """
    figures = {}
    for name, row in _ROWS.items():
        found = re.search(rf"^\| {re.escape(row)}[^|]*\| ([\d,.]*\d)", page, re.MULTILINE)
        if found is None:
            raise ValueError(f"docs/performance.md has no row '{row}': give --{name.replace('_', '-')}")
        figures[name] = float(found[1].replace(",", ""))
    return figures
