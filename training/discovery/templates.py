"""The templates of a heap with their labels, and the embeddings that the labels come from."""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.embedding import Classifier, EmbeddingTier, load_embedding_tier
from pipeline.encoder import DIMENSION, Embeddings
from pipeline.event import Event
from pipeline.features import encoder_text
from pipeline.memory import VerdictMemory
from pipeline.verdict import Verdict
from training.discovery.heap import Kept

CHUNK = 500


class Template(msgspec.Struct, frozen=True):
    """A template of a heap.

    ``sources`` are those of its events with how many there are, the most frequent first. Where its events have several
    labels, by rules that look at values, ``label`` is that of most of them, and the rest is of the verdict with it.
    """

    template: str
    events: int
    sources: dict[str, int]
    label: str
    confidence: float
    tier: str
    rule: str | None = None
    best_guess: str | None = None


class Labelled(msgspec.Struct, frozen=True):
    """Templates, and their embeddings, shape (templates, 384), in the same order."""

    templates: list[Template]
    embeddings: Embeddings


class _Keeping:
    """A classifier that keeps the embeddings it is given, so that no template is encoded twice."""

    def __init__(self, classifier: Classifier) -> None:
        self.labels = classifier.labels
        self.kept: dict[str, npt.NDArray[np.float32]] = {}
        self._classifier = classifier

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        self.kept.update(zip(templates, embeddings, strict=True))
        return self._classifier.predict_proba(templates, embeddings)


def label_templates(kept: Kept, bundle: Bundle, advance: Callable[[int], None]) -> Labelled:
    """Label and embed templates with a bundle; ``advance`` is called with how many more are done.

    Raises:
        BundleError: the encoder or the classifier cannot be loaded.
    """
    tier = load_embedding_tier(bundle)
    keeping = _Keeping(tier.classifier)
    cascade = Cascade(
        bundle, EmbeddingTier(tier.encoder, keeping, bundle.manifest.threshold), VerdictMemory()
    )
    names = list(kept.kinds)
    templates: list[Template] = []
    embeddings = np.empty((len(names), DIMENSION), dtype=np.float32)
    for start in range(0, len(names), CHUNK):
        chunk = names[start : start + CHUNK]
        templates += _labelled(chunk, kept, cascade)
        # What a rule decides was not embedded.
        new = [name for name in chunk if name not in keeping.kept]
        keeping.kept.update(zip(new, tier.encoder.encode([encoder_text(n) for n in new]), strict=True))
        for place, name in enumerate(chunk, start):
            embeddings[place] = keeping.kept.pop(name)
        advance(len(chunk))
    return Labelled(templates, embeddings)


def _labelled(names: Sequence[str], kept: Kept, cascade: Cascade) -> list[Template]:
    kinds = [(event, count) for name in names for event, count in kept.kinds[name]]
    verdicts = iter(cascade.label([event for event, _ in kinds]))
    return [_template(name, [(*kind, next(verdicts)) for kind in kept.kinds[name]]) for name in names]


def _template(name: str, kinds: Sequence[tuple[Event, int, Verdict]]) -> Template:
    sources: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    verdicts: dict[str, Verdict] = {}
    for event, count, verdict in kinds:
        sources[event.source] += count
        labels[verdict.label] += count
        verdicts.setdefault(verdict.label, verdict)
    verdict = verdicts[labels.most_common(1)[0][0]]
    return Template(
        template=name,
        events=sources.total(),
        sources=dict(sources.most_common()),
        label=verdict.label,
        confidence=verdict.confidence,
        tier=verdict.tier,
        rule=verdict.rule,
        best_guess=verdict.best_guess,
    )
