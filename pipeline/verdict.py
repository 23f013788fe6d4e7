"""What the pipeline says of an event."""

from typing import Literal

import msgspec

Tier = Literal["rules", "memory", "embedding", "llm", "none"]
TIERS: tuple[Tier, ...] = ("rules", "memory", "embedding", "llm", "none")
UNCLASSIFIED = "Unclassified"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """The label of an event, and how it was found.

    ``confidence`` is the calibrated probability of ``label``, or of ``best_guess`` where no tier could decide
    and the label is `UNCLASSIFIED`. A verdict of a rule or of a person has confidence 1.
    """

    label: str
    confidence: float
    tier: Tier
    template: str
    rule: str | None = None
    best_guess: str | None = None
