"""Why a record, or an event of it, cannot be labelled or published."""

from typing import Literal, get_args

Reason = Literal[
    "tombstone",
    "empty",
    "not_utf8",
    "not_json",
    "not_an_object",
    "not_this_format",
    "no_registry",
    "unknown_schema",
    "not_of_its_schema",
    "no_message",
    "message_not_a_string",
    "too_large",
    "refused",
    "not_pending",
    "failed",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


class UndecodableError(Exception):
    """A record that holds no event; ``reason`` says why, and ``detail`` where there is more to say about it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail
