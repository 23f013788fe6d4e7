"""What flows through the pipeline: an event, and the template that stands for all events of its kind."""

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """One raw log event: who wrote it and what was written."""

    source: str
    message: str
