"""What the patterns of candidates take, by RE2 itself: events, and counter-examples."""

from collections.abc import Sequence

import msgspec
import re2

from pipeline.cleaning import clean
from pipeline.rules import RULE_CHARS, compiled_set
from training.suggesting.candidates import Candidate
from training.suggesting.samples import sample_message
from training.suggesting.seen import Known, Seen
from training.suggesting.shapes import pattern_of

_PATTERNS_AT_ONCE = 500  # a larger set is slower for each message than two smaller ones
_MEMORY_BYTES = 256 << 20


class Covered(msgspec.Struct, frozen=True):
    """A candidate with its pattern, the places of the templates seen that it takes, and how many corpus rows agree."""

    candidate: Candidate
    pattern: str
    places: tuple[int, ...]
    corpus: int


def covered(candidates: Sequence[Candidate], seen: Sequence[Seen], corpus: Sequence[Known]) -> list[Covered]:
    """Return the candidates whose patterns take no template and no message of the corpus that has another label.

    What differs from a match by its letters' case alone counts against a candidate, and not for it. A template without
    a label is no counter-example. Their order stays.
    """
    messages = [sample_message(each.template) for each in seen] + [each.message for each in corpus]
    texts = [clean(message[:RULE_CHARS]).encode("utf-8", "replace") for message in messages]
    labels = [*(each.label or each.now for each in seen), *(each.label for each in corpus)]
    found: list[Covered] = []
    for start in range(0, len(candidates), _PATTERNS_AT_ONCE):
        some = candidates[start : start + _PATTERNS_AT_ONCE]
        patterns = [pattern_of(*each.texts) for each in some]
        taken: list[list[int]] = [[] for _ in some]
        expressions = compiled_set([f"(?i){pattern}" for pattern in patterns], _MEMORY_BYTES)
        for place, text in enumerate(texts):
            for number in expressions.Match(text) or ():
                taken[number].append(place)
        for candidate, pattern, places in zip(some, patterns, taken, strict=True):
            if all(labels[place] in ("", candidate.label) for place in places):
                exact = re2.compile(pattern)
                own = [place for place in places if exact.search(texts[place])]
                of_seen = tuple(place for place in own if place < len(seen))
                found.append(Covered(candidate, pattern, of_seen, len(own) - len(of_seen)))
    return found
