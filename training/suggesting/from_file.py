"""What was seen, from a file of events."""

from collections import Counter
from typing import BinaryIO

from files.labelled import Reading, open_labelled
from pipeline.event import Event
from pipeline.recogniser import Recogniser
from pipeline.rules import RuleSet
from training.suggesting.seen import Seen

_AT_ONCE = 2_000


def seen_in(stream: BinaryIO, name: str, reading: Reading, rules: RuleSet) -> list[Seen]:
    """Return the templates of a labelled file."""
    _, rows = open_labelled(stream, name, reading)
    recogniser = Recogniser(rules, 200_000)
    votes: dict[tuple[str, str, str], Counter[str]] = {}
    some = list(rows)
    for start in range(0, len(some), _AT_ONCE):
        chunk = some[start : start + _AT_ONCE]
        events = [Event(row.source, row.message) for row in chunk]
        for row, (rule, template) in zip(chunk, recogniser.recognise(events), strict=True):
            key = (template, row.source, rule.name if rule else "")
            votes.setdefault(key, Counter())[row.label] += row.lines
    seen = []
    for (template, source, rule), counts in votes.items():
        label, count = counts.most_common(1)[0]
        events = sum(counts.values())
        seen.append(Seen(template, source, label, count / events, events, rule=rule))
    return seen
