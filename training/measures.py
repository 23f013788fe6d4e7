"""How good labels are: accuracy, F1, calibration, and how much can be answered at which precision.

Every figure is weighted: what counts once may be a template, or each of its lines.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

BINS = 10
MAX_POINTS = 200
_EXACT = 1e-9  # what sums of weights may be off by

Indices = npt.NDArray[np.int_]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Answers(NamedTuple):
    """What was said of each of n rows, and what is true: arrays of shape (n,).

    ``truth``, ``label`` and ``guess`` are numbers of labels. ``label`` is what is published, ``guess`` what is
    thought likeliest: another one where the ``confidence`` in it is too low for it to ``stand``.
    """

    truth: Indices
    label: Indices
    guess: Indices
    confidence: Floats
    stands: Flags


class LabelFigures(msgspec.Struct, frozen=True):
    """One label: None stands for a share of nothing.

    ``support`` is the weight of the rows that have the label, ``answered`` of those that were given it.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: float
    answered: float


class Bin(msgspec.Struct, frozen=True):
    """The answers with a confidence from ``lower`` to ``upper``: their share of all, and how many are right."""

    lower: float
    upper: float
    share: float
    confidence: float
    accuracy: float


class Point(msgspec.Struct, frozen=True):
    """What a threshold would mean: the share of templates answered, and the share of those that is right."""

    threshold: float
    coverage: float
    precision: float


class Figures(msgspec.Struct, frozen=True):
    """How good answers are. ``weight`` is what all rows count together.

    Accuracy, F1, labels and confusion are those of the labels published, with Unclassified as one of them;
    coverage and calibration those of the best guesses, whether they stand or not. ``macro_f1`` is the mean over
    labels that occur in the truth, ``macro_f1_all`` over those too that were given in error only. ``precision``
    is the share of right labels among those ``answered``. ``confusion`` has a row for each true label and a
    column for each label published.
    """

    weight: float
    accuracy: float
    macro_f1: float
    macro_f1_all: float
    answered: float
    precision: float | None
    coverage_at_90: float
    coverage_at_95: float
    calibration_error: float
    labels: tuple[LabelFigures, ...]
    confusion: tuple[tuple[float, ...], ...]
    bins: tuple[Bin, ...]
    curve: tuple[Point, ...]


def figures(answers: Answers, labels: Sequence[str], weights: Floats) -> Figures:
    """Return every figure of at least one answer; ``labels`` are the names that the numbers stand for."""
    confusion = confusion_matrix(answers.truth, answers.label, len(labels), weights)
    by_label = label_figures(confusion, labels)
    right = answers.guess == answers.truth
    bins = reliability(answers.confidence, right, weights)
    curve = coverage_curve(answers.confidence, right, weights)
    stands = answers.stands
    return Figures(
        weight=_plain(weights.sum()),
        accuracy=_plain(confusion.trace() / confusion.sum()),
        macro_f1=_mean(each.f1 for each in by_label if each.support),
        macro_f1_all=_mean(each.f1 for each in by_label),
        answered=_plain(weights[stands].sum() / weights.sum()),
        precision=mean_right(answers.label == answers.truth, weights, stands),
        coverage_at_90=coverage_at(curve, 0.90),
        coverage_at_95=coverage_at(curve, 0.95),
        calibration_error=calibration_error(bins),
        labels=by_label,
        confusion=tuple(tuple(_plain(cell) for cell in row) for row in confusion),
        bins=bins,
        curve=thinned(curve),
    )


def confusion_matrix(truth: Indices, label: Indices, labels: int, weights: Floats) -> Floats:
    """Return the weights of each pair of true and published label, shape (labels, labels)."""
    counted = np.bincount(truth * labels + label, weights, minlength=labels * labels)
    return counted.astype(np.float64).reshape(labels, labels)


def label_figures(confusion: Floats, labels: Sequence[str]) -> tuple[LabelFigures, ...]:
    """Return the figures of each label, from the weights of each pair of true and published label."""
    right, support, answered = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        LabelFigures(
            name,
            precision=_share(right[place], answered[place]),
            recall=_share(right[place], support[place]),
            f1=_share(2 * right[place], support[place] + answered[place]),
            support=_plain(support[place]),
            answered=_plain(answered[place]),
        )
        for place, name in enumerate(labels)
    )


def mean_right(right: Flags, weights: Floats, rows: Flags) -> float | None:
    """Return the share of the rows named that is right, or None where they have no weight."""
    return _share(weights[right & rows].sum(), weights[rows].sum())


def reliability(confidence: Floats, right: Flags, weights: Floats) -> tuple[Bin, ...]:
    """Return the answers in bins of equal width by confidence; bins without any are left out."""
    numbers = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    bins = []
    for number in range(BINS):
        held = np.where(numbers == number, weights, 0.0)
        total = held.sum()
        if total > 0:
            bins.append(
                Bin(
                    lower=number / BINS,
                    upper=(number + 1) / BINS,
                    share=_plain(total / weights.sum()),
                    confidence=_plain(held @ confidence / total),
                    accuracy=_plain(held @ right / total),
                )
            )
    return tuple(bins)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return how far confidence and accuracy of the bins lie apart, weighted by what the bins hold."""
    return _plain(sum(each.share * abs(each.confidence - each.accuracy) for each in bins))


def coverage_curve(confidence: Floats, right: Flags, weights: Floats) -> tuple[Point, ...]:
    """Return what each confidence that occurs would mean as a threshold, from the highest down.

    Answers of equal confidence are answered together: no threshold can come between them.
    """
    order = np.argsort(-confidence, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))
    answered = weights[order].cumsum()
    correct = (weights * right)[order].cumsum()
    return tuple(
        Point(
            _plain(confidence[order[end]]),
            _plain(answered[end] / answered[-1]),
            _plain(correct[end] / answered[end]),
        )
        for end in ends
    )


def coverage_at(curve: Sequence[Point], precision: float) -> float:
    """Return the largest share that can be answered with at least a precision; 0 where none can."""
    return max((each.coverage for each in curve if each.precision >= precision - _EXACT), default=0.0)


def thinned(curve: Sequence[Point], most: int = MAX_POINTS) -> tuple[Point, ...]:
    """Return at most so many points of a curve, evenly spread, the first and the last among them."""
    if len(curve) <= most:
        return tuple(curve)
    return tuple(curve[i] for i in np.linspace(0, len(curve) - 1, most).round().astype(int))


def _share(part: float, whole: float) -> float | None:
    return _plain(part / whole) if whole > 0 else None


def _mean(values: Iterable[float | None]) -> float:
    found = [value for value in values if value is not None]
    return _plain(sum(found) / len(found)) if found else 0.0


def _plain(value: float) -> float:
    """Return a float of Python's own, without the last digits, which are noise of the summing."""
    return round(float(value), 10)
