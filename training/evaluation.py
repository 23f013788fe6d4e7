"""Judge the verdicts on labelled rows: by template and by line, by tier and by source; compare two bundles."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from files.labelled import Labelled
from pipeline.verdict import TIERS, Verdict
from training.drift import Drift
from training.measures import Answers, Figures, Flags, Floats, figures, mean_right
from training.paired import Comparison


class Group(msgspec.Struct, frozen=True):
    """The rows of one source or of one tier.

    ``weight`` is what they count, ``answered`` the share of it whose label stands, ``precision`` the share of
    right ones among those, ``accuracy`` the share of right labels, and ``model_accuracy`` that of the model's.
    """

    name: str
    weight: float
    answered: float
    precision: float | None
    accuracy: float
    model_accuracy: float


class View(msgspec.Struct, frozen=True):
    """Everything measured, with one way of counting rows.

    ``model`` is the classifier alone: its likeliest label, without rules and threshold. ``published`` is what
    would be written: ``Unclassified`` where no tier is sure.
    """

    model: Figures
    published: Figures
    by_tier: tuple[Group, ...]
    by_source: tuple[Group, ...]


class Evaluation(msgspec.Struct, frozen=True):
    """One bundle, judged. By template, each distinct (source, template) counts once; by line, each line."""

    bundle: str
    threshold: float
    tiers: str
    by_template: View
    by_line: View


class Change(msgspec.Struct, frozen=True):
    """Rows of one source and template whose label differs between two bundles; ``message`` is the first."""

    source: str
    message: str
    truth: str
    lines: int
    before: str
    before_confidence: float
    after: str
    after_confidence: float


class Mistake(msgspec.Struct, frozen=True):
    """Rows of one source, template and true label that are published with another; ``message`` is the first.

    ``label`` is what is published, ``guess`` what is thought likeliest, with its ``confidence``.
    """

    source: str
    message: str
    truth: str
    lines: int
    label: str
    guess: str
    confidence: float
    tier: str
    rule: str | None


class Report(msgspec.Struct, frozen=True):
    """What ``evaluate`` found; as JSON it is what ``--json`` writes.

    ``mistakes`` are those of ``evaluation``, the worst first. The last three are there when two bundles were compared:
    ``changed`` holds the events that ``against`` (``before``) labels differently from ``evaluation`` (``after``).
    """

    file: str
    rows: int
    templates: int
    lines: int
    sources: int
    labels: tuple[str, ...]
    unknown_labels: dict[str, int]
    evaluation: Evaluation
    mistakes: tuple[Mistake, ...] = ()
    drift: Drift | None = None
    against: Evaluation | None = None
    changed: tuple[Change, ...] | None = None
    comparison: Comparison | None = None


def template_weights(keys: Sequence[tuple[str, str]], lines: Floats) -> Floats:
    """Return weights by which the rows of each (source, template) count once together."""
    numbers: dict[tuple[str, str], int] = {}
    groups = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=int)
    weights: Floats = lines / np.bincount(groups, weights=lines)[groups]
    return weights


def known_labels(rows: Sequence[Labelled], labels: Sequence[str]) -> tuple[str, ...]:
    """Return a bundle's labels, and after them those of the rows that it does not have."""
    return tuple(dict.fromkeys((*labels, *(row.label for row in rows))))


def model_answers(
    rows: Sequence[Labelled], labels: Sequence[str], best: Sequence[tuple[str, float]]
) -> Answers:
    """Return the classifier's own answers: ``best`` has its likeliest label and the probability of that."""
    number = {label: i for i, label in enumerate(labels)}
    guess = np.array([number[label] for label, _ in best], dtype=int)
    confidence = np.array([confidence for _, confidence in best], dtype=float)
    return Answers(_truth(rows, number), guess, guess, confidence, np.ones(len(rows), dtype=bool))


def published_answers(
    rows: Sequence[Labelled], labels: Sequence[str], verdicts: Sequence[Verdict]
) -> Answers:
    """Return what would be published; a verdict that no tier is sure of has its best guess as guess."""
    number = {label: i for i, label in enumerate(labels)}
    label = np.array([number[verdict.label] for verdict in verdicts], dtype=int)
    guess = np.array([number[verdict.best_guess or verdict.label] for verdict in verdicts], dtype=int)
    confidence = np.array([verdict.confidence for verdict in verdicts], dtype=float)
    stands = np.array([verdict.tier != "none" for verdict in verdicts], dtype=bool)
    return Answers(_truth(rows, number), label, guess, confidence, stands)


def view(
    rows: Sequence[Labelled],
    labels: Sequence[str],
    model: Answers,
    published: Answers,
    tiers: Sequence[str],
    weights: Floats,
) -> View:
    """Return all figures of the rows; ``tiers`` names for each row the tier that decided it."""
    order: dict[str, int] = {tier: place for place, tier in enumerate(TIERS)}
    by_tier = _groups(tiers, model, published, weights)
    by_source = _groups([row.source for row in rows], model, published, weights)
    return View(
        model=figures(model, labels, weights),
        published=figures(published, labels, weights),
        by_tier=tuple(sorted(by_tier, key=lambda group: order[group.name])),
        by_source=tuple(sorted(by_source, key=lambda group: (-group.weight, group.name))),
    )


def mistakes(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> tuple[Mistake, ...]:
    """Return what is published wrong, the worst first: a wrong label before none, then by lines and by confidence."""
    found: dict[tuple[str, ...], list[int]] = {}
    for i, (row, verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if verdict.label != row.label:
            found.setdefault((row.source, verdict.template, row.label, verdict.label), []).append(i)
    merged = [
        Mistake(
            source=rows[same[0]].source,
            message=rows[same[0]].message,
            truth=rows[same[0]].label,
            lines=sum(rows[i].lines for i in same),
            label=verdict.label,
            guess=verdict.best_guess or verdict.label,
            confidence=verdict.confidence,
            tier=verdict.tier,
            rule=verdict.rule,
        )
        for same in found.values()
        for verdict in (verdicts[same[0]],)
    ]
    return tuple(sorted(merged, key=lambda each: (each.tier == "none", -each.lines, -each.confidence)))


def changes(
    rows: Sequence[Labelled], before: Sequence[Verdict], after: Sequence[Verdict]
) -> tuple[Change, ...]:
    """Return what two bundles label differently: first what gets worse, then what gets better, then the rest.

    Rows that share source, template, truth and both labels are one change.
    """
    found: dict[tuple[str, ...], list[int]] = {}
    for i, (row, old, new) in enumerate(zip(rows, before, after, strict=True)):
        if old.label != new.label:
            found.setdefault((row.source, new.template, row.label, old.label, new.label), []).append(i)
    merged = [
        Change(
            rows[first].source,
            rows[first].message,
            rows[first].label,
            sum(rows[i].lines for i in same),
            before[first].label,
            before[first].confidence,
            after[first].label,
            after[first].confidence,
        )
        for same in found.values()
        for first in same[:1]
    ]
    return tuple(sorted(merged, key=_urgency))


def outcome(change: Change) -> str:
    """Return whether a changed label is ``worse``, ``better``, or as wrong as it was: ``neither``."""
    if change.before == change.truth:
        return "worse"
    return "better" if change.after == change.truth else "neither"


def _urgency(change: Change) -> tuple[int, int]:
    return ("worse", "better", "neither").index(outcome(change)), -change.lines


def _truth(rows: Sequence[Labelled], number: dict[str, int]) -> npt.NDArray[np.int_]:
    return np.array([number[row.label] for row in rows], dtype=int)


def _groups(names: Sequence[str], model: Answers, published: Answers, weights: Floats) -> list[Group]:
    members: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        members.setdefault(name, []).append(i)
    right, model_right = published.label == published.truth, model.label == model.truth
    return [
        _group(name, weights[rows], published.stands[rows], right[rows], model_right[rows])
        for name, rows in members.items()
    ]


def _group(name: str, weights: Floats, stands: Flags, right: Flags, model_right: Flags) -> Group:
    everything = np.ones(len(weights), dtype=bool)
    return Group(
        name=name,
        weight=round(float(weights.sum()), 10),
        answered=mean_right(stands, weights, everything) or 0.0,
        precision=mean_right(right, weights, stands),
        accuracy=mean_right(right, weights, everything) or 0.0,
        model_accuracy=mean_right(model_right, weights, everything) or 0.0,
    )
