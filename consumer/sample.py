"""A stream of realistic raw events: templates of the corpus, Zipf-distributed, with ever new values."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random

import msgspec

from training.corpus import Template, expand, read_corpus, settle


def sample_events(templates: int = 1_000, seed: int = 1) -> Iterator[bytes]:
    """Yield raw JSON events for ever; the same seed gives the same events.

    A few templates make up most of the stream, as in real logs: the share of the n-th most frequent is about
    1/n.
    """
    random = Random(seed)  # noqa: S311 - nothing here is secret
    chosen = [
        Template(each.label, each.system, settle(each.template, random))
        for each in random.sample(read_corpus(), templates)
    ]
    weights = list(accumulate(1 / rank for rank in range(1, templates + 1)))
    number = 0
    while True:
        for template in random.choices(chosen, cum_weights=weights, k=1_000):
            yield _event(template, random, number)
            number += 1


def _event(template: Template, random: Random, number: int) -> bytes:
    return msgspec.json.encode(
        {
            "source": template.system,
            "log_message": expand(template.template, random),
            "host": f"node-{random.randrange(400):03d}",
            "seq": number,
        }
    )
