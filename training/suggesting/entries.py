"""Suggestions as entries of ``rules.yaml``."""

from collections.abc import Sequence

import yaml

from pipeline.rules import Rule
from training.suggesting.suggestion import Suggestion


def entry(rule: Rule, comments: Sequence[str] = ()) -> str:
    """Return a rule as an entry of a rules file, with lines of comment before it."""
    fields = {
        "name": rule.name,
        "label": rule.label,
        "pattern": rule.pattern,
        "match": list(rule.match),
        **({"no_match": list(rule.no_match)} if rule.no_match else {}),
    }
    text = yaml.safe_dump([fields], sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"# {' '.join(line.split())}\n" for line in comments) + text


def comment(suggestion: Suggestion) -> str:
    """Return what a rule rests on, in one line."""
    parts = [
        f"{_count(suggestion.templates, 'template')} with {_count(suggestion.all_events, 'event')}",
        f"{_count(suggestion.events, 'event')} that no rule decides yet",
        f"precision {suggestion.precision:.2f}",
        f"{_count(suggestion.corpus, 'row')} of the corpus agree" if suggestion.corpus != 1 else "1 row of the corpus agrees",
    ]
    return "; ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
