"""How far the rows of a file lie from what a bundle was trained on: by their words, and by their mix of labels."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

import msgspec

from files.labelled import Labelled
from pipeline.familiar import familiar
from pipeline.verdict import UNCLASSIFIED, Verdict

MOST_EXAMPLES = 20


class LabelShare(msgspec.Struct, frozen=True):
    """A label's share of the templates that a bundle was trained on, and of those of a file as it publishes them."""

    label: str
    trained: float
    published: float


class Unfamiliar(msgspec.Struct, frozen=True):
    """A template worded in words that were not learnt; ``message`` is the first of its ``lines``."""

    message: str
    label: str
    lines: int


class Drift(msgspec.Struct, frozen=True):
    """Shares are of 1. ``unfamiliar`` is that of the templates with few words that the bundle has learnt.

    ``unfamiliar_lines`` is that of the lines; both are None for a classifier of the user's own, which does not tell.
    ``mix_distance`` is the share of templates that would need another label for the mix of the training rows, None
    where the bundle does not tell that. `Unclassified` is left out of both mixes: few rows are trained for it.
    """

    unfamiliar: float | None
    unfamiliar_lines: float | None
    examples: tuple[Unfamiliar, ...]
    mix_distance: float | None
    mix: tuple[LabelShare, ...]


def drift_of(
    rows: Sequence[Labelled],
    templates: Sequence[str],
    verdicts: Sequence[Verdict],
    learnt: Container[str] | None,
    trained_on: Mapping[str, Any],
) -> Drift:
    """Return the drift of rows, with their templates and verdicts in the same order.

    ``learnt`` has the words of `pipeline.familiar.words_learnt`, ``trained_on`` is that of the bundle's manifest.
    """
    of_template = dict(
        zip(reversed(templates), zip(reversed(rows), reversed(verdicts), strict=True), strict=True)
    )
    lines = Counter[str]()
    for row, template in zip(rows, templates, strict=True):
        lines[template] += row.lines
    strange = [each for each in of_template if learnt is not None and not familiar(each, learnt)]
    strange.sort(key=lambda template: (-lines[template], template))
    examples = [
        Unfamiliar(of_template[each][0].message, of_template[each][1].label, lines[each])
        for each in strange[:MOST_EXAMPLES]
    ]
    published = _shares(Counter(verdict.label for _, verdict in of_template.values()))
    trained = _shares(trained_on.get("by_label", {}))
    labels = sorted({*published, *trained}, key=lambda label: (-trained.get(label, 0.0), label))
    mix = [LabelShare(label, trained.get(label, 0.0), published.get(label, 0.0)) for label in labels]
    apart = sum(abs(each.trained - each.published) for each in mix) / 2
    return Drift(
        unfamiliar=None if learnt is None else len(strange) / len(of_template),
        unfamiliar_lines=None if learnt is None else sum(lines[each] for each in strange) / lines.total(),
        examples=tuple(examples),
        mix_distance=apart if trained and published else None,
        mix=tuple(mix) if trained else (),
    )


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    counted = {label: count for label, count in counts.items() if label != UNCLASSIFIED}
    whole = sum(counted.values())
    return {label: count / whole for label, count in counted.items() if whole}
