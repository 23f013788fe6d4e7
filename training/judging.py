"""Have a bundle, or two, label the rows of a labelled file, and judge what they say."""

from collections.abc import Callable, Container, Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from files.labelled import Labelled, unknown_labels
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.embedding import CONFIDENCE_DIGITS, Classifier, EmbeddingTier, load_embedding_tier
from pipeline.event import Event
from pipeline.familiar import words_learnt
from pipeline.masking import mask
from pipeline.memory import VerdictMemory
from pipeline.verdict import UNCLASSIFIED, Verdict
from training.drift import drift_of
from training.evaluation import (
    Evaluation,
    Report,
    changes,
    known_labels,
    mistakes,
    model_answers,
    published_answers,
    template_weights,
    view,
)
from training.measures import Answers
from training.paired import compared

Tiers = Literal["all", "embedding"]
CHUNK_ROWS = 10_000


def make_report(
    name: str,
    rows: Sequence[Labelled],
    bundle: Bundle,
    other: Bundle | None,
    tiers: Tiers,
    step: Callable[[str, int], None],
    advance: Callable[[int], None],
) -> Report:
    """Return what a bundle, and another to compare it with, make of the rows of the file ``name``.

    ``step`` is called with what is done next and with how many templates, ``advance`` with how many more of them
    are done.

    Raises:
        BundleError: a bundle cannot be loaded.
    """
    labels = known_labels(rows, bundle.labels + (other.labels if other else ()))
    templates = [mask(row.message) for row in rows]
    keys = list(zip((row.source for row in rows), templates, strict=True))
    found = _judge(rows, templates, bundle, tiers, step, advance)
    report = Report(
        file=name,
        rows=len(rows),
        templates=len(set(keys)),
        lines=sum(row.lines for row in rows),
        sources=len({row.source for row in rows}),
        labels=labels,
        unknown_labels=unknown_labels(list(rows), bundle.labels),
        evaluation=_evaluation(rows, keys, labels, bundle, tiers, found),
        mistakes=mistakes(rows, found.verdicts),
        drift=drift_of(rows, templates, found.verdicts, found.learnt, bundle.manifest.trained_on),
    )
    if other is None:
        return report
    before = _judge(rows, templates, other, tiers, step, advance)
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    lines = np.array([row.lines for row in rows], dtype=float)
    return msgspec.structs.replace(
        report,
        against=_evaluation(rows, keys, labels, other, tiers, before),
        changed=changes(rows, before.verdicts, found.verdicts),
        comparison=compared(
            (other.version, bundle.version),
            labels,
            np.array([numbers[key] for key in keys], dtype=int),
            template_weights(keys, lines),
            _answers(rows, labels, before),
            _answers(rows, labels, found),
            labels.index(UNCLASSIFIED),
        ),
    )


class _Found(NamedTuple):
    """What a bundle says of each row: the model's likeliest label with its probability, and the verdict.

    ``learnt`` has the words that it was trained on.
    """

    best: list[tuple[str, float]]
    verdicts: list[Verdict]
    learnt: Container[str] | None


class _Overheard:
    """A classifier that keeps what it says of each template, for the answers below the threshold."""

    def __init__(self, classifier: Classifier) -> None:
        self.labels = classifier.labels
        self.best: dict[str, tuple[str, float]] = {}
        self._classifier = classifier

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        probabilities = self._classifier.predict_proba(templates, embeddings)
        for template, row in zip(templates, np.round(probabilities, CONFIDENCE_DIGITS), strict=True):
            column = int(row.argmax())
            self.best[template] = (self.labels[column], float(row[column]))
        return probabilities


def _judge(
    rows: Sequence[Labelled],
    templates: Sequence[str],
    bundle: Bundle,
    tiers: Tiers,
    step: Callable[[str, int], None],
    advance: Callable[[int], None],
) -> _Found:
    distinct = list(dict.fromkeys(templates))
    step(f"loading {bundle.version}", 0)
    loaded = load_embedding_tier(bundle)
    overheard, learnt = _Overheard(loaded.classifier), words_learnt(loaded.classifier)
    # Large enough to remember every template: what the model alone says is then not computed twice.
    tier = EmbeddingTier(loaded.encoder, overheard, bundle.manifest.threshold, len(distinct) + 1)
    step(f"labelling by {bundle.version}", len(distinct))
    verdicts = dict(zip(distinct, tier.label(distinct, advance), strict=True))
    best = [overheard.best[template] for template in templates]
    if tiers == "embedding":
        return _Found(best, [verdicts[template] for template in templates], learnt)
    cascade = Cascade(bundle, tier, VerdictMemory())
    found: list[Verdict] = []
    for start in range(0, len(rows), CHUNK_ROWS):
        found += cascade.label([Event(row.source, row.message) for row in rows[start : start + CHUNK_ROWS]])
    return _Found(best, found, learnt)


def _answers(rows: Sequence[Labelled], labels: Sequence[str], found: _Found) -> tuple[Answers, Answers]:
    """Return what the model says, and what would be published."""
    return model_answers(rows, labels, found.best), published_answers(rows, labels, found.verdicts)


def _evaluation(
    rows: Sequence[Labelled],
    keys: Sequence[tuple[str, str]],
    labels: Sequence[str],
    bundle: Bundle,
    tiers: Tiers,
    found: _Found,
) -> Evaluation:
    lines = np.array([row.lines for row in rows], dtype=float)
    model, published = _answers(rows, labels, found)
    names = [verdict.tier for verdict in found.verdicts]
    return Evaluation(
        bundle=bundle.version,
        threshold=bundle.manifest.threshold,
        tiers=tiers,
        by_template=view(rows, labels, model, published, names, template_weights(keys, lines)),
        by_line=view(rows, labels, model, published, names, lines),
    )
