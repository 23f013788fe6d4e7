"""Why a template has its label, as its page shows it."""

import msgspec

from console.pages.neighbours import Embeddings
from console.store.rows import TemplateDetail
from pipeline.cascade import Cascade
from pipeline.cleaning import clean
from pipeline.examples import Example, Examples
from pipeline.rules import Rule
from pipeline.why import Words, matched_span, words_behind

EXAMPLES = 5


class Matched(msgspec.Struct, frozen=True):
    """A rule of the bundle, and a text in three parts, the second of which is what it matches.

    The text is the template, or an event where one is kept; where the rule sees neither, the first of its own examples.
    """

    rule: Rule
    before: str
    match: str
    after: str
    is_own_example: bool


class Why(msgspec.Struct, frozen=True):
    """What speaks for the label of a template: a rule, or words and labelled templates that mean nearly the same.

    ``label`` is the one that is explained: the best guess where the template is left unclassified.
    """

    label: str
    matched: Matched | None
    words: Words | None
    examples: list[tuple[Example, float]]


def why(detail: TemplateDetail, cascade: Cascade, embeddings: Embeddings, examples: Examples) -> Why:
    """Return what speaks for the label of a template in the bundle of this console."""
    row = detail.row
    label = row.best_guess or row.label
    rule = next((each for each in cascade.bundle.rules.rules if each.name == row.rule), None)
    if rule is not None:
        return Why(label, _matched(rule, [each for each in (detail.example, row.template) if each]), None, [])
    embedding = embeddings.of([row.template])[0]
    words = words_behind(cascade.embedding.classifier, row.template, embedding, label)
    return Why(label, None, words, examples.most_like(embedding, EXAMPLES))


def _matched(rule: Rule, texts: list[str]) -> Matched | None:
    for text in (*texts, *rule.match):
        span = matched_span(rule, text)
        if span is not None:
            shown = clean(text)
            start, end = span
            return Matched(rule, shown[:start], shown[start:end], shown[end:], text not in texts)
    return None
