"""Bytes of a template in the caches, of a verdict in memory and in its topic, of an event; tokens of a call to the LLM.

Counted by tracemalloc and by length, so that they are the same on a machine that is busy. Nothing is encoded.
"""

import itertools
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from random import Random
from statistics import mean, median
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.raw_events import events_in
from benchmarks.scale.sizing import Bytes
from consumer.llm.prompt import Prompter, Question
from consumer.records.labelled import Labeller
from consumer.records.outgoing import OutgoingRecord
from consumer.records.verdict import model_verdict, read_verdict, taxonomy_of
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.embedding import EmbeddingTier
from pipeline.encoder import Encoder
from pipeline.event import Event
from pipeline.examples import Example
from pipeline.masking import mask
from pipeline.memory import Remembered, VerdictMemory
from training.corpus import read_corpus
from training.sample import sample_events
from training.values import expand, settle

MODEL = "openai/gpt-oss-20b"
AT_MS = 1_790_000_000_000
EXAMPLES = 8
"""How many labelled templates the service adds to a call."""
_BATCH = 10_000
_CALLS = 50


class Sizes(msgspec.Struct, frozen=True):
    """What was measured over so many templates, of so many characters each.

    ``cpu_s`` is what it took to mask, decide and remember them, without the encoder. ``after_verdict`` is the time to
    label a batch of known templates right after a new verdict, as a multiple of that without.
    """

    templates: int
    characters: float
    cpu_s: float
    taken: Bytes
    tokens_per_call: float
    after_verdict: float


class _NoEncoder:
    def in_groups(self, texts: Sequence[str]) -> Iterator[npt.NDArray[np.float32]]:
        yield np.zeros((len(texts), 1), dtype=np.float32)


class _NoClassifier:
    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        return np.eye(1, len(self.labels)).repeat(len(templates), axis=0)


def cascade_without_encoder(bundle: Bundle, max_templates: int) -> Cascade:
    """Return a cascade that finds, remembers and looks up as the service does, and to which all texts mean the same."""
    tier = EmbeddingTier(cast(Encoder, _NoEncoder()), _NoClassifier(bundle.labels), 0.5, max_templates)
    return Cascade(bundle, tier, VerdictMemory(max_templates), max_templates)


def events_of(templates: int, seed: int = 1) -> Iterator[Event]:
    """Yield events that are each of a template of its own: one of the corpus, with two words of others behind it."""
    random = Random(seed)
    corpus = read_corpus()
    words = sorted({word for each in corpus for word in each.template.split() if word.isalpha()})
    random.shuffle(words)
    for number, more in enumerate(itertools.islice(itertools.product(words, words), templates)):
        each = corpus[number % len(corpus)]
        yield Event(each.system, f"{expand(settle(each.template, random), random)} {' '.join(more)}")


def measure(bundle: Bundle, templates: int) -> Sizes:
    """Measure everything; 100,000 templates take some minutes, most of it to mask them while memory is traced."""
    events = [*events_of(templates)]
    begin = time.process_time()
    _fill(cascade_without_encoder(bundle, 2 * templates), events)
    cpu_s = time.process_time() - begin
    known, cached = cached_bytes(bundle, events)
    masked = [mask(event.message) for event in events[:: max(1, templates // _BATCH)]]
    records = [*verdict_records(bundle, events)]
    record = mean(len(record.key or b"") + len(record.value or b"") for record in records)
    taken = Bytes(cached, remembered_bytes(records), record, *event_bytes(bundle))
    tokens = tokens_per_call(bundle, masked)
    return Sizes(known, mean(map(len, masked)), cpu_s, taken, tokens, after_verdict(bundle))


def cached_bytes(bundle: Bundle, events: Sequence[Event]) -> tuple[int, float]:
    """Return how many templates events are of, and the bytes that each takes in all caches of the fast lane."""
    cascade = cascade_without_encoder(bundle, 2 * len(events))
    tracemalloc.start()
    _fill(cascade, events)
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return cascade.decisions, traced / cascade.decisions


def _fill(cascade: Cascade, events: Sequence[Event]) -> None:
    for start in range(0, len(events), _BATCH):
        cascade.label(events[start : start + _BATCH])


def verdict_records(bundle: Bundle, events: Sequence[Event]) -> Iterator[OutgoingRecord]:
    """Yield what the topic holds where a model has labelled each of these."""
    verdict = Remembered(bundle.labels[0], 0.9, "model", AT_MS)
    for event in events:
        yield model_verdict(
            "verdicts", taxonomy_of(bundle), mask(event.message), event.source, verdict, MODEL
        )


class _Consumed(msgspec.Struct):
    record: OutgoingRecord

    def key(self) -> bytes | None:
        return self.record.key

    def value(self) -> bytes | None:
        return self.record.value


def remembered_bytes(records: Sequence[OutgoingRecord]) -> float:
    """Return the bytes that a verdict takes in memory when it was read from the topic."""
    memory = VerdictMemory(2 * len(records))
    tracemalloc.start()
    for record in records:
        key, value, _ = read_verdict(cast(Any, _Consumed(record)))
        if key is not None and value is not None:
            memory.put(
                key.template, key.source, Remembered(value.label, value.confidence, key.by, value.at_ms)
            )
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return traced / len(memory)


def event_bytes(bundle: Bundle) -> tuple[float, float]:
    """Return the bytes of a raw event of the sample stream, and of the labelled record with its headers."""
    values = [*itertools.islice(sample_events(), _BATCH)]
    events = events_in(values)
    labeller = Labeller(bundle.version)
    labelled = 0
    verdicts = cascade_without_encoder(bundle, 2 * _BATCH).label(events)
    for value, event, verdict in zip(values, events, verdicts, strict=True):
        written, headers = labeller.label(value, [], event.severity, verdict, "logs.raw-1-2345678")
        labelled += len(written) + sum(len(name) + len(text or b"") for name, text in headers)
    return mean(map(len, values)), labelled / len(values)


def tokens_per_call(bundle: Bundle, masked: Sequence[str], per_call: int = 16) -> float:
    """Return what a full call is reckoned at, prompt and answer, with examples in it."""
    prompter = Prompter(bundle.manifest.labels)
    examples = [Example(template, bundle.labels[0]) for template in masked[:EXAMPLES]]
    calls = [masked[start : start + per_call] for start in range(0, _CALLS * per_call, per_call)]
    return mean(
        prompter.prompt([Question(each, "app") for each in call], examples).tokens for call in calls if call
    )


def after_verdict(bundle: Bundle) -> float:
    """Return how much longer a batch takes whose templates are known, where a verdict has come since the last one."""
    events = events_in(itertools.islice(sample_events(), _BATCH))
    cascade = cascade_without_encoder(bundle, 20 * _BATCH)
    cascade.memory.put("something else", "app", Remembered(bundle.labels[0], 0.9, "model", 1))
    cascade.label(events)
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2, 32):
        has_come = number % 2 == 0
        if has_come:
            cascade.memory.put("something else", "app", Remembered(bundle.labels[0], 0.9, "model", number))
        begin = time.process_time()
        cascade.label(events)
        times[has_come].append(time.process_time() - begin)
    return median(times[True]) / median(times[False])
