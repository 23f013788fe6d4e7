"""Is one bundle worse than another beyond noise? Paired bootstrap over templates, in all and by label.

Both bundles label the same templates, so what is drawn again and again, with replacement, is a template with what both
say of it (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). A difference is beyond noise where its
interval leaves out 0. For all the interval holds 95 %; for labels it is wider, so that all of them together are as
seldom wrong as one (Bonferroni).
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from training.measures import Answers, Floats, Indices

RESAMPLES = 2_000
LEVEL = 0.95
_AT_ONCE = 100
_SEED = 1
_SMALLEST = 1e-9

Outcome = Literal["worse", "better", "same"]


class Difference(msgspec.Struct, frozen=True):
    """A figure of two bundles, the interval of its change by template, and whether that is beyond noise.

    ``support`` is the number of templates behind it.
    """

    name: str
    support: int
    before: float
    after: float
    change: float
    lower: float
    upper: float
    outcome: Outcome


class Comparison(msgspec.Struct, frozen=True):
    """Two bundles on the same templates. ``outcome`` is that of ``published``, and worse where a label is worse.

    ``published`` is the share of templates published right, ``wrong`` the share published with a wrong label, where
    Unclassified counts as none, ``guessed`` the share whose likeliest label is right, and ``labels`` the F1 of each
    label as published.
    """

    level: float
    resamples: int
    published: Difference
    wrong: Difference
    guessed: Difference
    labels: tuple[Difference, ...]
    outcome: Outcome
    sentence: str


def compared(
    names: tuple[str, str],
    labels: Sequence[str],
    groups: Indices,
    weights: Floats,
    before: tuple[Answers, Answers],
    after: tuple[Answers, Answers],
    unclassified: int | None,
) -> Comparison:
    """Return how the second of two bundles does against the first.

    ``groups`` numbers the template of each row from 0 on, and the ``weights`` of the rows of a template sum to 1.
    Of each bundle come the answers of the model and what would be published; ``unclassified`` is the number of the
    label that says nothing.
    """
    templates = int(groups.max()) + 1

    def by_template(values: Floats) -> Floats:
        found: Floats = np.bincount(groups, weights=values * weights, minlength=templates).astype(float)
        return found

    def right(answers: Answers) -> Floats:
        return by_template((answers.label == answers.truth).astype(float))

    def wrong(answers: Answers) -> Floats:
        return by_template(((answers.label != answers.truth) & (answers.label != unclassified)).astype(float))

    truth = before[1].truth
    occurring = [place for place in range(len(labels)) if (truth == place).any()]
    support = [by_template((truth == place).astype(float)) for place in occurring]
    parts = []
    for place, there in zip(occurring, support, strict=True):
        for answers in (before[1], after[1]):
            given = answers.label == place
            hits = by_template((given & (truth == place)).astype(float))
            parts += [hits, there + by_template(given.astype(float))]
    means = np.stack(
        [
            right(before[1]),
            right(after[1]),
            wrong(before[1]),
            wrong(after[1]),
            right(before[0]),
            right(after[0]),
        ]
    )
    sums = np.stack(parts)
    once = np.ones((1, templates))
    drawn, drawn_f1 = _drawn(means, sums)
    point, point_f1 = _means(once, means)[0], _f1(once, sums)[0]
    published, wrongly, guessed = (
        _difference(name, templates, point[i], drawn[:, i], 1 - LEVEL, higher_is_better=i != 1)
        for i, name in enumerate(("published right", "published wrong", "likeliest right"))
    )
    by_label = tuple(
        _difference(
            labels[place],
            round(float(support[i].sum())),
            point_f1[i],
            drawn_f1[:, i],
            (1 - LEVEL) / len(occurring),
        )
        for i, place in enumerate(occurring)
    )
    outcome: Outcome = "worse" if any(each.outcome == "worse" for each in by_label) else published.outcome
    return Comparison(
        level=LEVEL,
        resamples=RESAMPLES,
        published=published,
        wrong=wrongly,
        guessed=guessed,
        labels=by_label,
        outcome=outcome,
        sentence=_sentence(names, published, by_label, outcome),
    )


def _drawn(means: Floats, sums: Floats) -> tuple[Floats, Floats]:
    """Return changes of means, shape (resamples, figures), and of F1, shape (resamples, labels)."""
    random = np.random.default_rng(_SEED)
    templates = means.shape[1]
    changes: list[Floats] = []
    f1: list[Floats] = []
    for start in range(0, RESAMPLES, _AT_ONCE):
        rows = min(_AT_ONCE, RESAMPLES - start)
        times = random.multinomial(templates, np.full(templates, 1 / templates), rows).astype(float)
        for found, pairs in ((changes, _means(times, means)), (f1, _f1(times, sums))):
            found.append(pairs[:, :, 1] - pairs[:, :, 0])
    return np.concatenate(changes), np.concatenate(f1)


def _means(times: Floats, means: Floats) -> Floats:
    """Return means before and after, shape (resamples, figures, 2); ``times`` says how often each template counts."""
    found: Floats = (times @ means.T / means.shape[1]).reshape(len(times), -1, 2)
    return found


def _f1(times: Floats, sums: Floats) -> Floats:
    """Return F1 before and after, shape (resamples, labels, 2), of hits and of truths and answers; 0 without any."""
    parts = (times @ sums.T).reshape(len(times), -1, 2, 2)
    scores: Floats = 2 * parts[..., 0] / np.maximum(parts[..., 1], _SMALLEST)
    return scores


def _difference(
    name: str, support: int, pair: Floats, drawn: Floats, outside: float, *, higher_is_better: bool = True
) -> Difference:
    before, after = (float(value) for value in pair)
    lower, upper = (float(value) for value in np.quantile(drawn, (outside / 2, 1 - outside / 2)))
    outcome: Outcome = "same"
    if lower > _SMALLEST or upper < -_SMALLEST:
        outcome = "better" if (lower > 0) == higher_is_better else "worse"
    return Difference(
        name,
        support,
        _plain(before),
        _plain(after),
        _plain(after - before),
        _plain(lower),
        _plain(upper),
        outcome,
    )


def _plain(value: float) -> float:
    return round(value, 6)


def _sentence(
    names: tuple[str, str], published: Difference, labels: Sequence[Difference], outcome: Outcome
) -> str:
    interval = f"{published.change:+.3f} [{published.lower:+.3f}, {published.upper:+.3f}]"
    measured = f"{interval} of {published.support:,} templates published right"
    worse = [each.name for each in labels if each.outcome == "worse"]
    if outcome == "worse":
        where = f", and worse at {', '.join(worse)}" if worse else ""
        return f"{names[1]} is worse than {names[0]} beyond noise: {measured}{where}."
    if outcome == "better":
        return f"{names[1]} is better than {names[0]} beyond noise: {measured}; no label is worse."
    return f"{names[1]} is not worse than {names[0]} beyond noise: {measured}."
