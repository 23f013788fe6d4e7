"""A stream of realistic raw events: templates of the corpus, Zipf-distributed, with ever new values."""

from collections.abc import Iterator
from itertools import accumulate, islice
from random import Random

import msgspec

from pipeline.masking import mask
from training.corpus import Template, read_corpus
from training.values import expand, settle

_FILLINGS = 6


def sample_events(templates: int = 1_000, seed: int = 1) -> Iterator[bytes]:
    """Yield raw JSON events for ever; the same seed gives the same events.

    A few templates make up most of the stream, as in real logs: the share of the n-th most frequent is about
    1/n.
    """
    random = Random(seed)  # noqa: S311 - nothing here is secret
    corpus = read_corpus()
    shuffled = (
        Template(each.label, each.system, settle(each.template, random))
        for each in random.sample(corpus, len(corpus))
    )
    chosen = list(islice((each for each in shuffled if _is_one(each, random)), templates))
    weights = list(accumulate(1 / rank for rank in range(1, templates + 1)))
    number = 0
    while True:
        for template in random.choices(chosen, cum_weights=weights, k=1_000):
            yield _event(template, random, number)
            number += 1


def _is_one(template: Template, random: Random) -> bool:
    """Return whether events of a template are one to masking too.

    Made-up values may stand where masking does not know them for values. Each event would be a template of its own,
    and a stream of them a measure of the encoder.
    """
    return len({mask(expand(template.template, random)) for _ in range(_FILLINGS)}) == 1


def _event(template: Template, random: Random, number: int) -> bytes:
    return msgspec.json.encode(
        {
            "source": template.system,
            "log_message": expand(template.template, random),
            "host": f"node-{random.randrange(400):03d}",
            "seq": number,
        }
    )
