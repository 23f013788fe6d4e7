"""What the corpus says against a rule: rows that it matches, and that have another label."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from pipeline.cleaning import clean
from pipeline.errors import RuleError
from pipeline.rules import RULE_CHARS, Rule, compiled_set
from training.suggesting.seen import Known

EXAMPLES = 3
_MEMORY_BYTES = 8 << 20


class ContradictedError(RuleError):
    """A rule is valid, and matches what is known to have another label."""


class Contradiction(msgspec.Struct, frozen=True):
    """Rows of the corpus that a rule matches and that have another label: how many of each, and messages of some."""

    labels: dict[str, int]
    examples: tuple[str, ...]

    def __str__(self) -> str:
        rows = sum(self.labels.values())
        labels = ", ".join(f"{label} {count:,}" for label, count in self.labels.items())
        return (
            f"it matches {rows:,} row{'' if rows == 1 else 's'} of the corpus with another label ({labels})"
        )


def contradiction(rule: Rule, corpus: Sequence[Known]) -> Contradiction | None:
    """Return what the corpus says against a rule; None where it says nothing.

    No row has a source or a severity: a rule for one of them alone is taken as if it were for all.
    """
    expression = compiled_set([rule.pattern], _MEMORY_BYTES)
    found = [
        each
        for each in corpus
        if each.label != rule.label
        and expression.Match(clean(each.message[:RULE_CHARS]).encode("utf-8", "replace"))
    ]
    if not found:
        return None
    labels = Counter(each.label for each in found)
    by_label = {label: next(each.message for each in found if each.label == label) for label in labels}
    # One of each label first: they say most about how wide a rule is.
    messages = dict.fromkeys([*by_label.values(), *(each.message for each in found)])
    return Contradiction(dict(labels.most_common()), tuple(messages)[:EXAMPLES])
