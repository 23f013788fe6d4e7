"""Why an event has its label: plain data, for the command line, the API and the pages alike.

They are data classes, since OpenAPI is made from them too.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.memory import By
from pipeline.verdict import Tier

Outcome = Literal["decided", "would say", "unsure", "silent", "not asked"]
"""What became of a tier: it gave the label; it has an answer and another tier was asked first; it has a guess that it
is not sure enough of; it has no answer; it was not asked, so that nothing is known of what it would say."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A part of a message, and what stands for it in the template."""

    text: str
    masked: str


@dataclass(frozen=True, slots=True)
class TierSaid:
    """What a tier said, or would say. ``label`` and ``confidence`` are None where it says nothing."""

    tier: Tier
    outcome: Outcome
    label: str | None
    confidence: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule whose pattern matches.

    ``place`` counts from 1 in the file of rules. ``start`` and ``end`` are places in the explained message or, where
    that is a template which does not show what the rule has matched, in ``example``, the first of the rule's own.
    ``applies`` says whether the rule is for events of this source and severity.
    """

    name: str
    label: str
    pattern: str
    place: int
    source: str | None
    severity: str | None
    start: int
    end: int
    example: str | None
    applies: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person or a model has said of a template. ``source`` is ``*`` where it holds for every source."""

    label: str
    confidence: float
    by: By
    author: str
    source: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A label and a probability, 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a pair of them, and how much it pulls towards a label against the average of the others."""

    text: str
    pull: float


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of a template say of a label, the strongest for and against, and the opinions of all three views.

    ``by_neighbours`` is what the learnt templates that share most words with this one say; where none does, every
    label is as likely. The probabilities of the views are not calibrated.
    """

    words: tuple[Word, ...]
    by_words: Scored
    by_embedding: Scored
    by_neighbours: Scored


@dataclass(frozen=True, slots=True)
class Near:
    """A template that the bundle was trained on, its label, and the cosine of its embedding with the other one's."""

    template: str
    label: str
    alike: float


@dataclass(frozen=True, slots=True)
class Classified:
    """What the embedding tier makes of a template.

    ``about`` is the label that ``words`` weigh: the likeliest, `Unclassified` aside. ``probabilities`` has every
    label, the likeliest first; they sum to less than 1 where ``doubts`` says why. ``words`` is None of a classifier
    that has no such weights.
    """

    reads: str
    threshold: float
    about: str
    probabilities: tuple[Scored, ...]
    words: Words | None
    near: tuple[Near, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An event, its verdict, and what each tier said of it.

    ``message`` is the event's as the rules see it: its first 16,384 characters, without control sequences. ``tiers``
    has those of the route in their order, then the others. ``heard`` is None where the verdicts of people and of the
    LLM were not looked at.
    """

    bundle: str
    source: str
    severity: str
    message: str
    template: str
    masked: tuple[Masked, ...]
    route: tuple[Tier, ...]
    label: str
    confidence: float
    tier: Tier
    rule: str | None
    best_guess: str | None
    tiers: tuple[TierSaid, ...]
    rules: tuple[Matched, ...]
    heard: tuple[Heard, ...] | None
    classified: Classified
