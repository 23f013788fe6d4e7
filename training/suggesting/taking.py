"""What the rules of a file take of events: each rule's own, and what an earlier one takes from it."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from pipeline.cleaning import clean
from pipeline.digits import zeroed
from pipeline.event import Event
from pipeline.rules import RULE_CHARS, Rule, RuleSet

EXAMPLES = 3


class Taken(msgspec.Struct, frozen=True):
    """What a rule takes. ``examples`` are templates, ``labels_now`` what the bundle gives its events now.

    ``shadowed_by`` maps earlier rules to the events that they take and this one would take too.
    """

    name: str
    label: str
    events: int
    templates: int
    labels_now: dict[str, int]
    examples: tuple[str, ...]
    shadowed_by: dict[str, int]

    @property
    def outcome(self) -> str:
        """Whether it takes events, never matches, or is shadowed by earlier rules."""
        if self.events:
            return "takes events"
        return "shadowed" if self.shadowed_by else "never matches"


class Taking:
    """Counts what rules take, event by event."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._events: dict[str, Counter[str]] = {rule.name: Counter() for rule in rules.rules}
        self._shadows: dict[str, Counter[str]] = {rule.name: Counter() for rule in rules.rules}
        self.events = 0
        self.decided = 0

    def add(self, event: Event, template: str, events: int = 1) -> None:
        """Count an event, or several that are alike."""
        self.events += events
        message = clean(event.message[:RULE_CHARS])
        first: Rule | None = None
        for place in self._rules.candidates(zeroed(message)):
            rule = self._rules.first_of([place], message, event.source, event.severity)
            if rule is None:
                continue
            if first is None:
                first = rule
                self.decided += events
                self._events[rule.name][template] += events
            else:
                self._shadows[rule.name][first.name] += events

    @property
    def templates(self) -> set[str]:
        """The templates of the events that a rule takes."""
        return {template for each in self._events.values() for template in each}

    def taken(self, labels_now: Mapping[str, str]) -> list[Taken]:
        """Return what each rule takes, in the order of the file; ``labels_now`` has the label of each template."""
        found = []
        for rule in self._rules.rules:
            templates = self._events[rule.name]
            now: Counter[str] = Counter()
            for template, events in templates.items():
                now[labels_now[template]] += events
            found.append(
                Taken(
                    rule.name,
                    rule.label,
                    sum(templates.values()),
                    len(templates),
                    dict(now.most_common()),
                    tuple(template for template, _ in templates.most_common(EXAMPLES)),
                    dict(self._shadows[rule.name].most_common()),
                )
            )
        return found
