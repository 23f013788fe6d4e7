"""``python -m benchmarks.shadow``: what a shadow bundle costs the fast lane, with and without it in turns.

In one process without a broker: records in memory are decided and counted, as by a lane that has a lag all the time.
The shadow is the live bundle once more with an encoder of its own, the dearest case. Two streams: one whose messages
differ in digits alone, where the shadow has labelled every template before, and one of which 1 event in 20 has a
template never seen before. Of the first the lanes take turns batch by batch, and the ratio is of the processor time of
the lane's thread, the median over batches. Of the second they take turns round by round, and the ratios are of the
processor time of the whole process, the shadow's thread in it, and of the clock; on a machine that does other work
trust the processor time.
"""

import argparse
import itertools
import threading
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
        self._measured = threading.Event()
        """The shadow works only meanwhile, so that it is no part of what another lane costs."""
        self._measured.set()
        self._has_lag = True
        self.shadow = (
            Shadow(default_bundle(), self.metrics.shadow, 200_000, self._is_behind) if with_shadow else None
        )
        self._processor = FastProcessor(
            Settings(), cascade, self.metrics, on_decided=self.shadow.offer if self.shadow else None
        )
        if self.shadow:
            self.shadow.start(self._processor.show_again)
            wait_until(lambda: self.metrics.shadow.version is not None, "the shadow is loaded", 120)

    def cost(self, messages: Sequence[Message]) -> Cost:
        """Decide and count messages, and return what that costs."""
        self._measured.set()
        cpu_s, clock_s, shadow_s = time.process_time(), time.perf_counter(), self._shadow_s()
        self.take(messages)
        spent = (
            time.process_time() - cpu_s,
            self._shadow_s() - shadow_s,
            time.perf_counter() - clock_s,
        )
        self._measured.clear()
        return Cost(*(each / len(messages) * 1e6 for each in spent))

    def take(self, messages: Sequence[Message]) -> float:
        """Decide and count messages, and return the seconds of the processor that this thread takes."""
        began = time.thread_time()
        taken = 0
        while taken < len(messages):
            result = self._processor.decide(messages[taken : taken + _BATCH])
            rows = Rows.of(result.rows).labelled()
            self.metrics.count_labelled(rows.sources, [verdict for verdict in rows.verdicts if verdict])
            taken += result.taken
        return time.thread_time() - began

    def catch_up(self) -> None:
        """Wait until the shadow has labelled all that it was offered."""
        self._has_lag = False
        self._measured.set()
        queue = "logsluice_shadow_queue"
        wait_until(lambda: not self.metrics.registry.get_sample_value(queue), "the shadow has caught up", 600)
        self._has_lag = True
        self._measured.clear()

    def _is_behind(self) -> bool:
        self._measured.wait()
        return self._has_lag

    def _shadow_s(self) -> float:
        return self.metrics.registry.get_sample_value("logsluice_shadow_seconds_total") or 0.0

    def close(self) -> None:
        """End the shadow's thread."""
        self._measured.set()
        if self.shadow:
            self.shadow.close()


def in_turns(alone: Lane, shadowed: Lane, messages: Sequence[Message]) -> list[float]:
    """Return for each batch how many times the processor time the lane with a shadow takes, either first in turn."""
    ratios = []
    for start in range(0, len(messages), _BATCH):
        batch = messages[start : start + _BATCH]
        if start // _BATCH % 2:
            base, ours = alone.take(batch), shadowed.take(batch)
        else:
            ours, base = shadowed.take(batch), alone.take(batch)
        ratios.append(ours / base)
    return ratios


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="events of known templates in a round")
    parser.add_argument("--new-events", type=int, default=4_000, help="events in a round of the other stream")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, each without the shadow and with it")
    options = parser.parse_args()
    table = Table("stream", "CPU, with against without", "of it the shadow's thread", "clock")
    with closing(Lane(False)) as alone, closing(Lane(True)) as shadowed:
        for lane in (alone, shadowed):
            lane.cost(_messages(streams.lines(99), _BATCH))
        shadowed.catch_up()
        known = []
        for number in range(options.rounds):
            known.append(median(in_turns(alone, shadowed, _messages(streams.lines(number), options.events))))
            print("known templates", number + 1, known[-1], flush=True)
        table.add_row("known templates", _summary(known), "-", "-")
        costs = []
        for number in range(options.rounds):
            messages = _messages(with_new_templates(number), options.new_events)
            costs.append((alone.cost(messages), shadowed.cost(messages)))
            print("1 in 20 new", number + 1, *costs[-1], flush=True)
        ratios = [ours.cpu_us / base.cpu_us for base, ours in costs]
        of_it = median(ours.shadow_us / ours.cpu_us for _, ours in costs)
        clock = median(ours.clock_us / base.clock_us for base, ours in costs)
        table.add_row("1 in 20 new", _summary(ratios), f"{of_it:.1%}", f"{clock:.2f} x")
    Console().print(table)


def _summary(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.3f} x ({min(ratios):.3f} to {max(ratios):.3f})"


def _messages(stream: Iterator[bytes], events: int) -> list[Message]:
    return [consumed(value) for value in itertools.islice(stream, events)]


if __name__ == "__main__":
    main()
