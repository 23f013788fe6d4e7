"""Events counted by template: what a file, a topic or a store says of each."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.embedding import EmbeddingTier
from pipeline.rules import Rule
from pipeline.verdict import UNCLASSIFIED, Tier
from training.suggesting.seen import Seen

SURE = 0.9
"""Confidence from which a label that a model gave counts as right."""


class Gathering:
    """Counts events by template, source and the rule that decides them."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str, str], Counter[tuple[str, float]]] = {}
        self._now: dict[tuple[str, str, str], str] = {}

    def add(
        self,
        template: str,
        source: str,
        rule: Rule | None,
        label: str,
        confidence: float = 1.0,
        events: int = 1,
    ) -> None:
        """Count events whose label is known, or is not and empty."""
        key = (template, source, rule.name if rule else "")
        self._labels.setdefault(key, Counter())[label, confidence if label else 0.0] += events
        if rule is not None:
            self._now[key] = rule.label

    def add_published(
        self, template: str, source: str, label: str, tier: Tier, rule: str, confidence: float, sure: float
    ) -> None:
        """Count an event as it was published."""
        key = (template, source, rule)
        self._labels.setdefault(key, Counter())[evidence(label, tier, confidence, sure)] += 1
        if label != UNCLASSIFIED:
            self._now[key] = label

    def seen(self, said: Mapping[tuple[str, str], str] | None = None) -> list[Seen]:
        """Return what was counted; ``said`` has what people said of a template from a source, or from ``*``.

        Where the events of a template have several labels, the most frequent counts, and is that much less sure.
        """
        found = []
        for (template, source, rule), labels in self._labels.items():
            events = sum(labels.values())
            by_label: Counter[str] = Counter()
            for (label, _), count in labels.items():
                by_label[label] += count
            label, count = max(by_label.items(), key=lambda each: (each[1], each[0]))
            confidence = sum(sure * times for (name, sure), times in labels.items() if name == label) / events
            if said:
                person = said.get((template, source)) or said.get((template, "*"))
                label, confidence = (person, 1.0) if person else (label, confidence)
            now = self._now.get((template, source, rule), "")
            found.append(Seen(template, source, label, confidence, events, now, rule))
        return found


def evidence(label: str, tier: Tier, confidence: float, sure: float) -> tuple[str, float]:
    """Return the label that a published one is evidence for, and its confidence; an empty one where it is not sure."""
    if tier == "none" or label == UNCLASSIFIED or (tier != "rules" and confidence < sure):
        return "", 0.0
    return label, confidence


def labelled_by(seen: Sequence[Seen], embedding: EmbeddingTier, sure: float) -> list[Seen]:
    """Return what was seen with the classifier's labels on what has none: those that are sure count as right."""
    unknown = [each for each in seen if not each.label and not each.now]
    templates = sorted({each.template for each in unknown})
    verdicts = dict(zip(templates, embedding.label(templates), strict=True))
    found = []
    for each in seen:
        if each.label or each.now:
            found.append(each)
            continue
        verdict = verdicts[each.template]
        label, confidence = evidence(verdict.label, verdict.tier, verdict.confidence, sure)
        now = "" if verdict.label == UNCLASSIFIED else verdict.label
        found.append(Seen(each.template, each.source, label, confidence, each.events, now, each.rule))
    return found
