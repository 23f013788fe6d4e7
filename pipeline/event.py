"""What flows through the pipeline: an event, and the template that stands for all events of its kind."""

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """One raw log event: who wrote it, what was written, and how severe the sender says it is, "" where not known."""

    source: str
    message: str
    severity: str = ""
