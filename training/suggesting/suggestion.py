"""A rule that is suggested, and what it would do."""

import msgspec

from pipeline.rules import Rule


class Suggestion(msgspec.Struct, frozen=True):
    """A rule to look at, what it takes of the templates seen, and what would change.

    ``events`` are those that it would decide: no rule decides them now, and no suggestion before it. ``all_events``
    are all that it takes, ``templates`` how many different ones, whatever their sources. ``places`` are those of the
    templates in what was seen, the most frequent first. ``confidence`` is the mean one of the labels it rests on, by
    events. ``corpus`` rows of the corpus agree, and none contradicts. ``overlaps`` maps rules to events that they
    decide now and this one takes too. ``changes`` maps the labels that its events have now to how many would get
    another one.
    """

    rule: Rule
    words: tuple[str, ...]
    templates: int
    events: int
    all_events: int
    confidence: float
    corpus: int
    sources: tuple[str, ...]
    overlaps: dict[str, int]
    changes: dict[str, int]
    places: tuple[int, ...]
