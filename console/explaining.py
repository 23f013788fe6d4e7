"""Explains labels with the bundle that the console has loaded, and the verdicts in its store."""

from typing import Protocol

from console.api.from_store import reading
from console.embeddings import Embeddings
from console.parts import Parts
from console.store.detail import verdicts_on
from console.store.ids import id_text, template_id
from pipeline.event import Event
from pipeline.examples import read_examples
from pipeline.explaining import Model, explain
from pipeline.explanation import Explanation, Heard
from pipeline.masking import mask


class Explain(Protocol):
    """Says why an event has its label. See `pipeline.explaining.explain`."""

    def __call__(self, event: Event, known_rule: str | None = None) -> Explanation:
        """Return the explanation. A template that is not known takes the encoder milliseconds."""


def explaining(parts: Parts, embeddings: Embeddings) -> Explain:
    """Return what explains, for several threads at once.

    Raises:
        BundleError: the examples of the bundle cannot be read.
    """
    examples = read_examples(parts.classifier.cascade.bundle.examples)

    def explained(event: Event, known_rule: str | None = None) -> Explanation:
        cascade = parts.classifier.cascade
        model = Model(
            cascade.bundle, cascade.embedding, examples, lambda template: embeddings.of([template])[0]
        )
        return explain(event, model, heard_of(parts, mask(event.message)), known_rule)

    return explained


def heard_of(parts: Parts, template: str) -> list[Heard] | None:
    """Return what was said of a template, the newest first; None without a store."""
    if parts.store is None:
        return None
    with reading(parts) as connection:
        given = verdicts_on(connection, [id_text(template_id(template))])
    return [
        Heard(
            each.label,
            each.confidence,
            "person" if each.by == "person" else "model",
            each.author,
            each.source,
            each.at_ms,
        )
        for each in given
    ]
