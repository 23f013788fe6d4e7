"""``python -m benchmarks.shadow``: what a shadow bundle costs the fast lane, with and without it in turns.

In one process without a broker: records in memory are decided and counted, as by a lane that has a lag all the time.
The shadow is the live bundle once more with an encoder of its own, the dearest case. Two streams: one whose messages
differ in digits alone, where every template is known soon, and one of which 1 event in 20 has a template never seen
before. The ratios are of the processor time of the whole process, the shadow's thread in it, and of the clock; on a
machine that does other work trust the first.
"""

import argparse
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random
from statistics import median

import msgspec
from confluent_kafka import Message
from rich.console import Console
from rich.table import Table

from benchmarks import streams
from consumer.lanes.fast import FastProcessor
from consumer.lanes.shadow import Shadow
from consumer.records.rows import Rows
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import load_cascade
from pipeline.familiar import words_learnt
from tests.support.consumed import consumed
from tests.support.kafka_server import wait_until

NEW = 0.05
"""The share of events with a template never seen before."""
_BATCH = 2_000
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "sha")


class Cost(msgspec.Struct, frozen=True):
    """µs for each event: of the processor, of that the shadow's own, and of the clock."""

    cpu_us: float
    shadow_us: float
    clock_us: float


def with_new_templates(seed: int) -> Iterator[bytes]:
    """Yield the events of `benchmarks.streams.lines`; one in twenty has two words that no other has."""
    draw = Random(seed)
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for raw in streams.lines(seed):
        if draw.random() >= NEW:
            yield raw
            continue
        first, second = ("".join(draw.choices(_SYLLABLES, k=4)) for _ in range(2))
        event = decode(raw)
        yield msgspec.json.encode(
            event
            | {"log_message": f"{first} worker could not open the {second} queue: {event['log_message']}"}
        )


class Lane:
    """A fast lane without a broker, with a shadow or without."""

    def __init__(self, with_shadow: bool) -> None:
        bundle = read_bundle(default_bundle())
        cascade = load_cascade(bundle)
        self.metrics = Metrics(bundle.labels)
        self.metrics.novelty.learn(words_learnt(cascade.embedding.classifier))
        self.shadow = (
            Shadow(default_bundle(), self.metrics.shadow, 200_000, lambda: True) if with_shadow else None
        )
        self._processor = FastProcessor(
            Settings(), cascade, self.metrics, on_decided=self.shadow.offer if self.shadow else None
        )
        if self.shadow:
            self.shadow.start(self._processor.show_again)
            wait_until(lambda: self.metrics.shadow.version is not None, "the shadow is loaded", 120)

    def cost(self, messages: Sequence[Message]) -> Cost:
        """Decide and count messages, and return what that costs."""
        cpu_s, clock_s, shadow_s = time.process_time(), time.perf_counter(), self._shadow_s()
        taken = 0
        while taken < len(messages):
            result = self._processor.decide(messages[taken : taken + _BATCH])
            rows = Rows.of(result.rows).labelled()
            self.metrics.count_labelled(rows.sources, [verdict for verdict in rows.verdicts if verdict])
            taken += result.taken
        spent = (
            time.process_time() - cpu_s,
            self._shadow_s() - shadow_s,
            time.perf_counter() - clock_s,
        )
        return Cost(*(each / len(messages) * 1e6 for each in spent))

    def _shadow_s(self) -> float:
        return self.metrics.registry.get_sample_value("logsluice_shadow_seconds_total") or 0.0

    def close(self) -> None:
        """End the shadow's thread."""
        if self.shadow:
            self.shadow.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events of known templates in a round")
    parser.add_argument("--new-events", type=int, default=4_000, help="events in a round of the other stream")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, each without the shadow and with it")
    options = parser.parse_args()
    table = Table("stream", "CPU, with against without", "of it the shadow's thread", "clock")
    for name, events in (("known templates", options.events), ("1 in 20 new", options.new_events)):
        ratios, shares, clocks = [], [], []
        for number in range(options.rounds):
            stream = streams.lines(number) if name == "known templates" else with_new_templates(number)
            messages = [consumed(value) for value in itertools.islice(stream, events)]
            found = {}
            for with_shadow in (False, True) if number % 2 else (True, False):
                with closing(Lane(with_shadow)) as lane:
                    lane.cost([consumed(value) for value in itertools.islice(streams.lines(99), _BATCH)])
                    found[with_shadow] = lane.cost(messages)
            ratios.append(found[True].cpu_us / found[False].cpu_us)
            shares.append(found[True].shadow_us / found[True].cpu_us)
            clocks.append(found[True].clock_us / found[False].clock_us)
            print(name, number + 1, found, flush=True)
        ratio = f"{median(ratios):.3f} x ({min(ratios):.3f} to {max(ratios):.3f})"
        table.add_row(name, ratio, f"{median(shares):.1%}", f"{median(clocks):.2f} x")
    Console().print(table)


if __name__ == "__main__":
    main()
