"""From templates to suggestions: count what stands together, check it by RE2, take what adds most events."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pipeline.rules import Rule, RuleSet
from training.suggesting.candidates import candidates
from training.suggesting.choosing import choose
from training.suggesting.covering import Covered, covered
from training.suggesting.nearest import Nearest
from training.suggesting.samples import sample_message
from training.suggesting.seen import Known, Seen
from training.suggesting.suggestion import Suggestion

LEAST_LOOKED_AT, MOST_LOOKED_AT = 1_000, 4_000
"""Candidates that are checked, those of most events: 50 for each rule that is wanted, within these bounds."""
EXAMPLES = 3
SOURCES = 20
_NAME_CHARS = 48


class Wanted(msgspec.Struct, frozen=True):
    """What is suggested: rules that rest on labels so sure, that decide so many events, so many of them."""

    confidence: float = 0.9
    events: int = 1
    limit: int = 20


def suggest(
    seen: Sequence[Seen], corpus: Sequence[Known], rules: RuleSet, labels: Sequence[str], wanted: Wanted
) -> list[Suggestion]:
    """Return rules for labelled templates, the one that would decide most events first.

    Each is valid for a bundle with ``labels`` behind ``rules``, takes all its ``match``, none of its ``no_match``, and
    no template or row of the corpus that has another label.
    """
    most = min(max(50 * wanted.limit, LEAST_LOOKED_AT), MOST_LOOKED_AT)
    checked = [
        each
        for each in covered(candidates(seen, corpus, most), seen, corpus)
        if each.candidate.label in labels and confidence_of(each, seen) >= wanted.confidence
    ]
    undecided = [0 if each.rule else each.events for each in seen]
    nearest = Nearest(seen, corpus)
    names = {rule.name for rule in rules.rules}
    before: set[int] = set()
    suggestions: list[Suggestion] = []
    for number, gain in choose([each.places for each in checked], undecided, wanted.events, len(checked)):
        each = checked[number]
        places = sorted(each.places, key=lambda place: (-seen[place].events, seen[place].template))
        own = [place for place in places if place not in before and not seen[place].rule]
        match = _examples((seen[place].template for place in own), rules)
        if not match:
            continue
        before.update(each.places)
        name = _name(each.candidate.texts, names)
        names.add(name)
        rule = Rule(name, each.candidate.label, each.pattern, match, nearest.to(each, match[0]))
        suggestions.append(_suggestion(rule, each, places, gain, seen))
        if len(suggestions) == wanted.limit:
            break
    RuleSet([each.rule for each in suggestions], labels)
    return suggestions


def confidence_of(each: Covered, seen: Sequence[Seen]) -> float:
    """Return the mean confidence of the labels that a rule rests on, by events; from 0 to 1."""
    labelled = [seen[place] for place in each.places if seen[place].label]
    events = sum(one.events for one in labelled)
    return sum(one.confidence * one.events for one in labelled) / events if events else 0.0


def changed(suggestion: Suggestion, seen: Sequence[Seen], labels: Mapping[str, str]) -> Suggestion:
    """Return a suggestion with the labels that would change; ``labels`` has what templates get now, where not known."""
    changes: Counter[str] = Counter()
    for place in suggestion.places:
        one = seen[place]
        now = one.now or labels[one.template]
        if not one.rule and now != suggestion.rule.label:
            changes[now] += one.events
    return msgspec.structs.replace(suggestion, changes=dict(changes.most_common()))


def _suggestion(
    rule: Rule, each: Covered, places: Sequence[int], gain: int, seen: Sequence[Seen]
) -> Suggestion:
    overlaps: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for place in places:
        one = seen[place]
        sources[one.source] += one.events
        if one.rule:
            overlaps[one.rule] += one.events
    known = {seen[place].template: seen[place].now or rule.label for place in places}
    suggestion = Suggestion(
        rule=rule,
        words=each.candidate.texts,
        templates=len({seen[place].template for place in places}),
        events=gain,
        all_events=sum(sources.values()),
        confidence=confidence_of(each, seen),
        corpus=each.corpus,
        sources=tuple(source for source, _ in sources.most_common(SOURCES)),
        overlaps=dict(overlaps.most_common()),
        changes={},
        places=tuple(places),
    )
    return changed(suggestion, seen, known)


def _examples(templates: Iterable[str], rules: RuleSet) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for template in templates:
        message = sample_message(template)
        if rules.first_match(message, "") is None:
            found[message] = None
        if len(found) == EXAMPLES:
            break
    return tuple(found)


def _name(texts: Sequence[str], taken: set[str]) -> str:
    """Return a name of the words, that no other rule has."""
    words = "-".join(re.findall("[a-z0-9]+", re.sub("<[a-z_]+>", " ", " ".join(texts)).lower()))
    name = words[:_NAME_CHARS].rstrip("-") or "suggested"
    number = 1
    while name in taken:
        number += 1
        name = f"{words[:_NAME_CHARS].rstrip('-')}-{number}"
    return name
