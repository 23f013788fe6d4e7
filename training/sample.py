"""A stream of realistic raw events: templates of the corpus, Zipf-distributed, with ever new values."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, islice
from random import Random
from typing import TypeVar

import msgspec

from pipeline.masking import mask
from training.corpus import Template, read_corpus
from training.values import expand, settle

_FILLINGS = 6
T = TypeVar("T")


def sample_events(templates: int = 1_000, seed: int = 1) -> Iterator[bytes]:
    """Yield raw JSON events for ever; the same seed gives the same events.

    A few templates make up most of the stream, as in real logs: the share of the n-th most frequent is about
    1/n.
    """
    random = Random(seed)  # noqa: S311 - nothing here is secret
    corpus = _corpus()
    shuffled = (
        Template(each.label, each.system, settle(each.template, random))
        for each in random.sample(corpus, len(corpus))
    )
    chosen = list(islice((each for each in shuffled if _is_one(each, random)), templates))
    for number, template in enumerate(zipf_sample(chosen, random)):
        yield _event(template, random, number)


@cache
def _corpus() -> tuple[Template, ...]:
    return tuple(read_corpus())  # half a second; tests and the demo take several streams from it


def zipf_sample(items: Sequence[T], random: Random) -> Iterator[T]:
    """Yield items for ever; the share of the n-th is about 1/n, as of the n-th most frequent message in real logs."""
    weights = list(accumulate(1 / rank for rank in range(1, len(items) + 1)))
    while True:
        yield from random.choices(items, cum_weights=weights, k=1_000)


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
