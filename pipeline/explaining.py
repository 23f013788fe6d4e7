"""Explains the label of an event: decides it once more, step by step, and keeps what each step has found."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.bundle import Bundle
from pipeline.cascade import as_guess, before_embedding
from pipeline.cleaning import clean
from pipeline.embedding import EmbeddingTier, load_embedding_tier
from pipeline.event import Event
from pipeline.examples import Examples, read_examples
from pipeline.explanation import Classified, Explanation, Heard, Masked, Matched, TierSaid
from pipeline.features import encoder_text
from pipeline.masking import MASKED_CHARS, mask, parts_of
from pipeline.matching import encodable, matching
from pipeline.memory import Remembered, VerdictMemory
from pipeline.routes import DEFAULT_ROUTE
from pipeline.rules import Rule
from pipeline.verdict import Tier, Verdict
from pipeline.weighing import weigh


class Model(NamedTuple):
    """What explains: a bundle, what was loaded of it, and ``embed``, from a template to its embedding."""

    bundle: Bundle
    embedding: EmbeddingTier
    examples: Examples
    embed: Callable[[str], npt.NDArray[np.float32]]


def explain(
    event: Event, model: Model, heard: Sequence[Heard] | None = None, known_rule: str | None = None
) -> Explanation:
    """Return why an event has its label. What is found is what `pipeline.cascade.Cascade` says of the event.

    ``heard`` is what was said of the template of the event, from whatever source; None where nobody has looked.
    ``known_rule`` names a rule that is known to have matched the event, of which the template alone is there.
    """
    bundle, template = model.bundle, mask(event.message)
    rules = matching(bundle.rules, event, known_rule)
    first = next((bundle.rules.rules[each.place - 1] for each in rules if each.applies), None)
    remembered = _remembered(heard or (), template, event.source, bundle.labels)
    classified = weigh(model.embedding, model.examples, template, model.embed(template))
    by_embedding = _said_by(model.embedding, template, classified)
    route = bundle.routes.of(event.source)
    verdict = before_embedding(route, first, remembered, template)
    if verdict is None:
        verdict = by_embedding
    elif verdict.tier == "none":
        verdict = as_guess(by_embedding)
    order = [*route, *(tier for tier in DEFAULT_ROUTE if tier not in route)]
    found = _Found(verdict, first, rules, remembered, heard, by_embedding, classified, route)
    return Explanation(
        bundle=bundle.version,
        source=encodable(event.source),
        severity=event.severity,
        message=encodable(clean(event.message[:MASKED_CHARS])),
        template=template,
        masked=tuple(Masked(*part) for part in parts_of(event.message) if part.text != part.masked),
        route=route,
        label=verdict.label,
        confidence=verdict.confidence,
        tier=verdict.tier,
        rule=verdict.rule,
        best_guess=verdict.best_guess,
        tiers=tuple(_tier_said(tier, found) for tier in order),
        rules=rules,
        heard=None if heard is None else tuple(heard),
        classified=classified,
    )


def _remembered(
    heard: Sequence[Heard], template: str, source: str, labels: Sequence[str]
) -> Remembered | None:
    memory = VerdictMemory()
    for each in heard:
        memory.put(template, each.source, Remembered(each.label, each.confidence, each.by, each.at_ms))
    found = memory.get(template, source)
    return found if found is not None and found.label in labels else None


def _said_by(tier: EmbeddingTier, template: str, classified: Classified) -> Verdict:
    scores = {each.label: each.probability for each in classified.probabilities}
    return tier.verdict(template, np.array([scores[label] for label in tier.classifier.labels]))


class _Found(NamedTuple):
    verdict: Verdict
    rule: Rule | None
    rules: tuple[Matched, ...]
    remembered: Remembered | None
    heard: Sequence[Heard] | None
    by_embedding: Verdict
    classified: Classified
    route: Sequence[Tier]


def _tier_said(tier: Tier, found: _Found) -> TierSaid:
    """Return what a tier said, in a sentence too."""
    if tier == "rules":
        label, confidence, sentence = _by_rules(found)
    elif tier == "memory":
        label, confidence, sentence = _by_memory(found)
    elif tier == "embedding":
        label, confidence, sentence = _by_embedding(found)
    else:
        on_route = "the service asks it where no tier before it is sure, if one is set up"
        return TierSaid(
            tier, "not asked", None, None, on_route if tier in found.route else "not on the route"
        )
    if tier not in found.route:
        sentence = f"{sentence}; not on the route"
    if found.verdict.tier == tier:
        return TierSaid(tier, "decided", label, confidence, sentence)
    if tier == "memory" and found.heard is None:
        return TierSaid(tier, "not asked", None, None, sentence)
    if label is None:
        return TierSaid(tier, "silent", None, None, sentence)
    is_unsure = tier == "embedding" and found.by_embedding.tier == "none"
    return TierSaid(tier, "unsure" if is_unsure else "would say", label, confidence, sentence)


def _by_rules(found: _Found) -> tuple[str | None, float | None, str]:
    if found.rule is not None:
        first = next(each for each in found.rules if each.applies)
        later = sum(each.applies for each in found.rules) - 1
        more = f"; {later} later in the file would match too" if later else ""
        return found.rule.label, 1.0, f"{found.rule.name}, rule {first.place} of the file{more}"
    if found.rules:
        return None, None, "a rule matches that is for another source or severity"
    return None, None, "no rule matches"


def _by_memory(found: _Found) -> tuple[str | None, float | None, str]:
    if found.heard is None:
        return None, None, "not looked at: no broker is followed"
    if found.remembered is None:
        also = "of this source" if found.heard else "of this template"
        return None, None, f"nobody has said anything {also} under the labels of this bundle"
    known = found.remembered
    if known.by == "person":
        return known.label, known.confidence, "a person has said so, which stands above every tier"
    return known.label, known.confidence, "the LLM has said so"


def _by_embedding(found: _Found) -> tuple[str | None, float | None, str]:
    verdict, threshold = found.by_embedding, found.classified.threshold
    doubts = "".join(f"; {each}" for each in found.classified.doubts)
    if verdict.tier == "none":
        return verdict.best_guess, verdict.confidence, f"below the threshold of {threshold:.2f}{doubts}"
    return verdict.label, verdict.confidence, f"the threshold is {threshold:.2f}{doubts}"


def load_model(bundle: Bundle) -> Model:
    """Load what a verified bundle refers to. Takes half a second.

    Raises:
        BundleError: the encoder, the classifier or the examples cannot be loaded.
    """
    tier = load_embedding_tier(bundle)

    def embed(template: str) -> npt.NDArray[np.float32]:
        return np.asarray(tier.encoder.encode([encoder_text(template)])[0])

    return Model(bundle, tier, read_examples(bundle.examples), embed)
