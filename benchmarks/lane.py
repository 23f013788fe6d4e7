"""What an event costs the fast lane, decoded, labelled and encoded: ``python -m benchmarks.lane``, without Kafka.

CPU of one process, in µs, on both streams, with the native core and without, over the second half of the events; then
with a thousand rules against ten, and with ``--after`` what is left of it after five million events of 500,000
templates. On a busy machine the figures of two runs do not compare; those of one run do, for the lanes take turns.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from statistics import median

from confluent_kafka import Message
from msgspec.structs import replace

from benchmarks.stages import rule
from benchmarks.streams import STREAMS
from consumer.lanes.fast import FastProcessor
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from faults import soak
from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.embedding import EmbeddingTier
from pipeline.memory import VerdictMemory
from pipeline.rules import RuleSet
from pipeline.verdict import Verdict
from tests.support.consumed import consumed

_BATCH = 5_000
_AGE = 5_000_000


def compare(lanes: Mapping[str, FastProcessor], values: Sequence[bytes]) -> dict[str, float]:
    """Return µs of CPU that each lane takes for an event of the second half, once it has seen the first.

    It is the median over batches, in which the lanes take turns at being first.
    """
    spent_s: dict[str, list[float]] = {name: [] for name in lanes}
    names = list(lanes)
    for number, batch in enumerate(_batches(values)):
        for name in names if number % 2 else reversed(names):
            begin = time.process_time()
            _decide(lanes[name], batch)
            spent_s[name].append((time.process_time() - begin) / len(batch))
    return {name: median(each[len(each) // 2 :]) * 1e6 for name, each in spent_s.items()}


def left_to_python(lane: FastProcessor, values: Sequence[bytes]) -> float:
    """Return the share of events, like those that the lane has seen, that its native core leaves to Python."""
    [batch] = _batches(values)
    return 1.0 if lane._native is None else len(lane._native.label(batch)[1]) / len(batch)


def by_cores() -> dict[str, FastProcessor]:
    """Return a lane with the native core, and one without."""
    return {core: _lane(read_bundle(default_bundle()), core) for core in ("native", "python")}


def by_rules() -> dict[str, FastProcessor]:
    """Return lanes with ten rules and with a thousand, none of which matches."""
    bundle = read_bundle(default_bundle())
    rules = {
        number: RuleSet([rule(place) for place in range(number)], bundle.labels) for number in (10, 1_000)
    }
    return {f"{number}": _lane(replace(bundle, rules=each)) for number, each in rules.items()}


class _Sure(EmbeddingTier):
    """Says the same of every template. To classify 500,000 takes half an hour, and is not what is measured."""

    def __init__(self, label: str) -> None:
        self._label = label

    def label(self, templates: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Verdict]:
        return [Verdict(self._label, 1.0, "embedding", template) for template in templates]


def by_age() -> dict[str, FastProcessor]:
    """Return a lane that has seen nothing, and one that has seen 5 million events of 500,000 templates."""
    bundle = read_bundle(default_bundle())

    def lane() -> FastProcessor:
        cascade = Cascade(bundle, _Sure(bundle.labels[0]), VerdictMemory())
        return FastProcessor(Settings(), cascade, Metrics(bundle.labels))

    lanes = {"fresh": lane(), "old": lane()}
    stream = soak.events_of(Random(1), of_each=10)
    for batch in _batches(itertools.islice(stream, _AGE)):
        _decide(lanes["old"], batch)
    return lanes


def _lane(bundle: Bundle, core: str = "native") -> FastProcessor:
    settings = Settings.model_validate({"core": core})
    return FastProcessor(settings, load_cascade(bundle), Metrics(bundle.labels))


def _batches(values: Iterable[bytes]) -> Iterator[list[Message]]:
    offsets = itertools.count()
    values = iter(values)
    while batch := [consumed(value, offset=next(offsets)) for value in itertools.islice(values, _BATCH)]:
        yield batch


def _decide(lane: FastProcessor, batch: Sequence[Message]) -> None:
    taken = 0
    while taken < len(batch):
        taken += lane.decide(batch[taken:]).taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="events of each half")
    parser.add_argument("--after", action="store_true", help="after five million events too; takes minutes")
    options = parser.parse_args()
    streams = {
        name: list(itertools.islice(begin(), 2 * options.events + _BATCH)) for name, begin in STREAMS.items()
    }
    for stream, values in streams.items():
        lanes = by_cores()
        cost = compare(lanes, values[:-_BATCH])
        left = left_to_python(lanes["native"], values[-_BATCH:])
        print(
            f"{stream}: {cost['native']:.1f} µs of CPU an event with the core, {cost['python']:.1f} without; "
            f"{cost['native'] / cost['python']:.2f} of it; left to Python {left:.1%}",
            flush=True,
        )
    for stream, values in streams.items():
        cost = compare(by_rules(), values)
        print(
            f"{stream}: with 1,000 rules {cost['1000'] / cost['10']:.2f} x what it takes with 10", flush=True
        )
    if options.after:
        cost = compare(by_age(), streams["lines"])
        print(
            f"lines: after {_AGE:,} events of 500,000 templates {cost['old'] / cost['fresh']:.2f} x",
            flush=True,
        )


if __name__ == "__main__":
    main()
