"""What the store answers: plain data classes, from which OpenAPI is made too. Times are in ms since the epoch."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Order = Literal["events", "last_seen", "first_seen", "confidence"]
Why = Literal["model disagrees", "shadow disagrees", "unclassified", "unsure"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template, and what was last said of it.

    ``id`` is 16 hexadecimal digits, the same in every store. ``confidence`` is that of ``best_guess`` where the label
    is `Unclassified`. ``sources`` has a few of its sources, in alphabetical order. ``events`` is the number of all of
    its events since the store has known it. ``corrected`` says whether a person has given it a label,
    ``model_label`` what an LLM said of it. ``is_new`` holds for a day after it was found new.
    """

    id: str
    template: str
    label: str
    tier: str
    rule: str | None
    confidence: float
    best_guess: str | None
    sources: tuple[str, ...]
    events: int
    first_seen_ms: int
    last_seen_ms: int
    is_new: bool
    bundle: str
    corrected: bool
    model_label: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict that events of a template have had."""

    label: str
    tier: str
    rule: str | None
    best_guess: str | None
    bundle: str
    events: int
    first_seen_ms: int
    last_seen_ms: int


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """A verdict on a template in the verdicts topic; ``source`` is ``*`` where it holds for every source."""

    template_id: str
    template: str
    source: str
    by: str
    label: str
    confidence: float
    author: str
    at_ms: int
    taxonomy: str


@dataclass(frozen=True, slots=True)
class Point:
    """The events of a span of time that begins at ``start_ms``."""

    start_ms: int
    events: int


@dataclass(frozen=True, slots=True)
class TemplateDetail:
    """All that the store has of a template.

    ``minutes`` and ``hours`` have the spans with events alone, oldest first. ``history`` has the latest verdict first.
    """

    row: TemplateRow
    history: tuple[Said, ...]
    verdicts: tuple[GivenVerdict, ...]
    minutes: tuple[Point, ...]
    hours: tuple[Point, ...]
    example: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which templates are meant; what is empty or None does not narrow.

    ``search`` is any part of the template, whatever its case. ``seen_since_ms`` and ``first_seen_since_ms`` are
    bounds of the last and of the first event. ``ids`` names templates one by one.
    """

    search: str = ""
    labels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    source: str | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    seen_since_ms: int | None = None
    first_seen_since_ms: int | None = None
    is_new: bool = False
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageOf:
    """Which page of a list: ``cursor`` is what the page before gave as ``next``, None for the first."""

    limit: int = 50
    order: Order = "events"
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; ``next`` is the cursor of the next page, None where this is the last."""

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by label over time; each list of ``by_label`` has one number for each step, oldest first.

    The last step is the one that is not over yet.
    """

    start_ms: int
    step_s: int
    by_label: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class TopRow:
    """A template, and the number of its events in the window."""

    count: int
    row: TemplateRow


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A template to look at. ``value`` is its events times how unsure its label is.

    ``why`` is ``model disagrees`` where an LLM gave another label, else ``unclassified`` or ``unsure``; in the queue of
    a shadow bundle ``shadow disagrees``, and ``value`` is the number of events.
    """

    value: float
    why: Why
    row: TemplateRow


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the store holds. ``events`` are those of the retention.

    ``warm_until_ms`` is the time from which on a template that was never seen is new, None before it is known.
    """

    templates: int
    events: int
    new_templates: int
    corrections: int
    file_bytes: int
    warm_until_ms: int | None
