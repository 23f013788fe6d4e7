"""What rules are suggested from: templates that were seen, with what is known of their labels."""

import msgspec

_LEAST_DAYS = 1 / 24


class Seen(msgspec.Struct, frozen=True):
    """A template of a source, and what is known of it.

    ``label`` is the one that counts as right, and empty where none does: then the template is no evidence, and what a
    rule takes of it is counted all the same. ``confidence`` is that of the label: 1 where a person gave it.
    ``events`` are those it stands for. ``now`` is the label that its events get now, ``rule`` the rule that decides
    them now, if one does; both are empty where that is not known.
    """

    template: str
    source: str
    label: str
    confidence: float = 1.0
    events: int = 1
    now: str = ""
    rule: str = ""


class Known(msgspec.Struct, frozen=True):
    """A message whose label is known for certain: a row of the corpus, with sample values and as a template."""

    message: str
    template: str
    label: str


def long_enough(days: float) -> float | None:
    """Return a span of days if something can be said of a day by it: an hour can, less cannot."""
    return days if days >= _LEAST_DAYS else None
