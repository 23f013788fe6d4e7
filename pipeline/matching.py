"""Which rules match an event, and where: the one that decides, and those that would after it."""

import re2

from pipeline.cleaning import clean
from pipeline.digits import zeroed
from pipeline.event import Event
from pipeline.explanation import Matched
from pipeline.rules import RULE_CHARS, Rule, RuleSet


def matching(rules: RuleSet, event: Event, known_rule: str | None = None) -> tuple[Matched, ...]:
    """Return the rules whose pattern matches an event, in the order of the file; ``known_rule`` is among them."""
    text = clean(event.message[:RULE_CHARS])
    candidates = set(rules.candidates(zeroed(text)))
    candidates |= {place for place, rule in enumerate(rules.rules) if rule.name == known_rule}
    found = []
    for place in sorted(candidates):
        rule = rules.rules[place]
        is_known = rule.name == known_rule
        span, example = matched_span(rule, text), None
        if span is None and is_known:
            example = clean(rule.match[0])
            span = matched_span(rule, example)
        if span is None:
            continue
        applies = rule.source in (None, event.source) and rule.severity in (None, event.severity)
        found.append(
            Matched(
                rule.name,
                rule.label,
                rule.pattern,
                place + 1,
                rule.source,
                rule.severity,
                *span,
                example,
                applies or is_known,
            )
        )
    return tuple(found)


def matched_span(rule: Rule, text: str) -> tuple[int, int] | None:
    """Return where a rule matches in a text that is clean; None where it does not."""
    found = re2.search(rule.pattern, encodable(text))
    return found.span() if found else None


def encodable(text: str) -> str:
    """Return a text with ``?`` for each half of a surrogate pair, which UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()
