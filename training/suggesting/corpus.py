"""The corpus as messages of known labels, for what a rule must not match."""

from collections.abc import Collection, Sequence
from functools import cache
from random import Random

from pipeline.masking import mask
from pipeline.verdict import UNCLASSIFIED
from training.corpus import read_corpus
from training.suggesting.seen import Known
from training.values import KINDS, PLACEHOLDER, expand


def corpus_of(labels: Collection[str]) -> Sequence[Known]:
    """Return the corpus where it is about these labels; under another taxonomy it can say nothing."""
    corpus = corpus_messages()
    return corpus if {each.label for each in corpus} <= {*labels, UNCLASSIFIED} else ()


@cache
def corpus_messages() -> tuple[Known, ...]:
    """Return each row of the built-in corpus as a message with values, and as a template.

    The template is made of the placeholders' own masks, not of the message: that is quick, and near enough to count
    words in.
    """
    random = Random(1)  # noqa: S311 - nothing here is secret
    masks = {kind: mask(expand(f"{{{kind}}}", random)) for kind in sorted(KINDS)}
    return tuple(
        Known(
            expand(row.template, random),
            PLACEHOLDER.sub(lambda match: masks[match[1]], " ".join(row.template.split())),
            row.label,
        )
        for row in read_corpus()
    )
