"""What flows through the pipeline: an event, and the template that stands for all events of its kind."""

from typing import Literal, get_args

import msgspec

Severity = Literal["trace", "debug", "info", "notice", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the mildest to the worst. An unknown severity is the empty text."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One raw log event: who wrote it, what was written, and how severe the sender says it is, "" where not known."""

    source: str
    message: str
    severity: str = ""
