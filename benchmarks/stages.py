"""What each stage costs, in one process without Kafka, and how cost grows with rules and new templates."""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from benchmarks.raw_events import events_in
from consumer.records.labelled import Labeller
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.encoder import packaged_weights
from pipeline.features import encoder_text
from pipeline.masking import mask
from pipeline.recogniser import Recogniser
from pipeline.rules import Rule, RuleSet
from training.corpus import read_corpus
from training.rows import rows_of_corpus
from training.sample import sample_events

EVENTS = 100_000
_BATCH = 10_000


class MissPath(msgspec.Struct, frozen=True):
    """Templates a second that were never seen before: in batches, and by sentence-transformers one at a time."""

    batched: float
    one_at_a_time: float


def per_event_us(cascade: Cascade) -> dict[str, float]:
    """Return microseconds per event of each stage, warm, over events whose values were not seen before."""
    raw = list(itertools.islice(sample_events(), 3 * EVENTS))
    events = events_in(raw)
    for start in range(0, EVENTS, _BATCH):
        cascade.label(events[start : start + _BATCH])
    labeller = Labeller(cascade.bundle.version)
    fresh, fresher = (
        [events[start : start + _BATCH] for start in range(first, first + EVENTS, _BATCH)]
        for first in (EVENTS, 2 * EVENTS)
    )
    recognise = _us(cascade.recogniser.recognise, fresh) / _BATCH
    label = _us(cascade.label, fresher) / _BATCH
    raw, events = raw[2 * EVENTS :], events[2 * EVENTS :]
    verdicts = [verdict for batch in fresher for verdict in cascade.label(batch)]
    rows = list(zip(raw, events, verdicts, strict=True))
    return {
        "decode": _us(events_in, [raw]) / EVENTS,
        "recognise (rules, template)": recognise,
        "label (with recognise)": label,
        "encode the labelled record": _us(
            lambda row: labeller.label(row[0], [], row[1].severity, row[2], "logs.raw-1-2345678"), rows
        ),
        "mask, when nothing is remembered": _us(lambda e: mask(e.message), events[:10_000]),
    }


def miss_path(cascade: Cascade, templates: int = 400) -> MissPath:
    """Classify templates of the corpus that the process has not seen, batched and one at a time."""
    rows = rows_of_corpus(read_corpus(), seed=99)
    step = len(rows) // (2 * templates)
    chosen = [row.template for row in rows[::step]][: 2 * templates]
    batch, single = chosen[::2], chosen[1::2][:60]
    begin = time.perf_counter()
    cascade.embedding.label([f"{template} ." for template in batch])
    batched = len(batch) / (time.perf_counter() - begin)
    from sentence_transformers import SentenceTransformer  # with PyTorch: the other benchmarks need neither

    reference = SentenceTransformer(str(packaged_weights()), device="cpu", local_files_only=True)
    begin = time.perf_counter()
    for template in single:
        embedding = reference.encode([encoder_text(template)], show_progress_bar=False)
        cascade.embedding.classifier.predict_proba([template], embedding)
    return MissPath(batched, len(single) / (time.perf_counter() - begin))


def by_number_of_rules(numbers: Sequence[int] = (10, 100, 1_000)) -> dict[int, float]:
    """Return microseconds per event to recognise events, warm, under that many rules; values are ever new."""
    events = events_in(itertools.islice(sample_events(), 2 * EVENTS))
    costs = {}
    for number in numbers:
        recogniser = Recogniser(RuleSet([rule(place) for place in range(number)], ["Error"]))
        recogniser.recognise(events[:EVENTS])
        costs[number] = _us(recogniser.recognise, [events[EVENTS:]]) / EVENTS
    return costs


def rule(place: int) -> Rule:
    """Return one of many rules, none of which matches a real message."""
    word = "".join("bcdfghjklm"[int(digit)] for digit in f"{place:04d}")
    return Rule(
        f"rule-{place}", "Error", rf"(?i)\b{word}\w* (?:failed|refused) for \S+", (f"{word} failed for x",)
    )


def _us(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    begin = time.perf_counter()
    for item in items:
        work(item)
    return (time.perf_counter() - begin) / len(items) * 1e6


def default_cascade() -> Cascade:
    """Return the cascade of the built-in bundle."""
    return load_cascade(read_bundle(default_bundle()))
