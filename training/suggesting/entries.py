"""Suggestions as entries of ``rules.yaml``, and as JSON."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import yaml

from pipeline.rules import Rule
from training.suggesting.suggestion import Suggestion


def entries(suggestions: Iterable[Suggestion], days: float | None) -> str:
    """Return a rules file; ``days`` is how long the events took that it rests on, None where that is not known."""
    return "\n".join(entry(each.rule, comments_on(each, days)) for each in suggestions)


def entry(rule: Rule, comments: Sequence[str] = ()) -> str:
    """Return a rule as an entry of a rules file, with lines of comment before it."""
    values = ((name, getattr(rule, name)) for name in rule.__struct_fields__)
    fields = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values
        if value not in ((), None)
    }
    text = yaml.safe_dump([fields], sort_keys=False, allow_unicode=True, width=10_000)
    # One line each, so that nothing of what is seen ends a comment.
    return "".join(f"# {' '.join(line.split())}\n" for line in comments) + text


def comments_on(suggestion: Suggestion, days: float | None) -> list[str]:
    """Return what a rule rests on and what it would do, in lines."""
    agree = "agrees" if suggestion.corpus == 1 else "agree"
    lines = [
        f"{decides(suggestion, days)}; {count_of(suggestion.templates, 'template')} with "
        f"{count_of(suggestion.all_events, 'event')}, labels {suggestion.confidence:.2f} sure; "
        f"{count_of(suggestion.corpus, 'row')} of the corpus {agree}, none contradicts"
    ]
    if suggestion.changes:
        lines.append(f"labels that change: {_listed(suggestion.changes)}")
    else:
        lines.append("changes no label: its events have this one already")
    if suggestion.overlaps:
        lines.append(f"rules that decide some of these events already: {_listed(suggestion.overlaps)}")
    return lines


def decides(suggestion: Suggestion, days: float | None) -> str:
    """Return how many events a rule would decide, in words."""
    if days is None:
        return f"decides {count_of(suggestion.events, 'event')} of those seen"
    return f"decides {count_of(round(suggestion.events / days), 'event')} a day"


def as_json_line(suggestion: Suggestion, days: float | None) -> str:
    """Return a suggestion as a line of JSON: its rule, and what it rests on and would do."""
    line = msgspec.to_builtins(suggestion)
    line.pop("places")
    line["events_a_day"] = None if days is None else round(suggestion.events / days, 1)
    return msgspec.json.encode(line).decode() + "\n"


def count_of(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _listed(events: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count_of(count, 'event')})" for name, count in events.items())
