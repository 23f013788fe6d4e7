"""How good suggested rules are on templates whose labels they were not suggested from.

``python -m benchmarks.rule_suggestions labelled.csv [--lines DIR]`` splits the templates of a labelled file at random,
several times. From the labels of one part of them rules are suggested, as `logsluice rules suggest` does, and judged by
the true labels of the others. Twice for each split: from the labelled part alone, and with the other part as events
whose labels nobody knows, for which the bundle's confident labels count. No true label of the other part is read.

``--lines`` is a directory of ``SOURCE*.log`` files, as LogHub has them: then lines are counted that the rules match,
and not messages of the table by their column of counts. ``--speed`` measures how long 100,000 templates take.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import re2

from files.labelled import Labelled, Reading, open_labelled, opened
from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.embedding import EmbeddingTier, load_embedding_tier
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.recogniser import Recogniser
from pipeline.rules import RuleSet
from training.suggesting.corpus import corpus_of
from training.suggesting.gathering import SURE, Gathering, labelled_by
from training.suggesting.seen import Seen
from training.suggesting.suggest import Wanted, suggest
from training.suggesting.suggestion import Suggestion

ALL = 10_000


class Judged(NamedTuple):
    """Rules by the true labels of templates that they were not suggested from; shares from 0 to 1."""

    rules: int
    precision: float
    coverage: float
    template_precision: float
    template_coverage: float


def judge(suggested: Sequence[Suggestion], others: Sequence[Labelled]) -> Judged:
    """Judge rules on messages; the first that matches wins."""
    expressions = [(re2.compile(each.rule.pattern), each.rule.label) for each in suggested]
    said = [
        (row, next((label for one, label in expressions if one.search(row.message)), None)) for row in others
    ]
    taken = [(row, label) for row, label in said if label is not None]
    right = [row for row, label in taken if label == row.label]
    lines, taken_lines = sum(row.lines for row in others), sum(row.lines for row, _ in taken)
    return Judged(
        len(suggested),
        sum(row.lines for row in right) / max(taken_lines, 1),
        taken_lines / lines,
        len(right) / max(len(taken), 1),
        len(taken) / len(others),
    )


def split(rows: Sequence[Labelled], share: float, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Return a random share of the rows, and the others. Rows with the same template stay together."""
    templates = sorted({mask(row.message) for row in rows})
    random.Random(seed).shuffle(templates)
    chosen = set(templates[: round(share * len(templates))])
    parts: tuple[list[Labelled], list[Labelled]] = ([], [])
    for row in rows:
        parts[mask(row.message) not in chosen].append(row)
    return parts


def suggested_from(
    known: Sequence[Labelled], others: Sequence[Labelled], bundle: Bundle, embedding: EmbeddingTier
) -> list[Suggestion]:
    """Return rules from labelled rows, and from others whose labels are not looked at."""
    labels = tuple(bundle.manifest.labels)
    seen = [Seen(mask(row.message), row.source, row.label, 1.0, row.lines) for row in known]
    to = Gathering()
    events = [Event(row.source, row.message) for row in others]
    for row, (rule, template) in zip(others, Recogniser(bundle.rules).recognise(events), strict=True):
        to.add(template, row.source, rule, rule.label if rule else "", 1.0, row.lines)
    unknown = labelled_by(to.seen(), embedding, SURE)
    seen += [msgspec.structs.replace(each, rule="") for each in unknown]
    # Without rules of its own, so that what is judged are the suggestions alone.
    return suggest(seen, corpus_of(labels), RuleSet([], labels), labels, Wanted(events=1, limit=ALL))


def weighed_by_lines(rows: Sequence[Labelled], directory: Path) -> list[Labelled]:
    """Return rows with the number of lines of raw logs that have their message's template within them."""
    counted = dict.fromkeys(((row.source, row.message) for row in rows), 0)
    missing = 0
    for source in sorted({row.source for row in rows}):
        own = sorted(
            ((row.message, mask(row.message)) for row in rows if row.source == source),
            key=lambda each: -len(each[1]),
        )
        for path in sorted(directory.glob(f"{source}*.log")):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                masked = mask(line)
                found = next((message for message, template in own if masked.endswith(template)), None)
                if found is None:
                    missing += 1
                else:
                    counted[source, found] += 1
    print(f"{sum(counted.values()):,} lines have a template of the table at their end, {missing:,} have none")
    weighed = [Labelled(row.source, row.message, row.label, counted[row.source, row.message]) for row in rows]
    return [row for row in weighed if row.lines]


def speed(templates: int) -> None:
    """Print how long it takes to suggest from so many templates, in seconds of this process' time."""
    words = [
        f"{first}{second}"
        for first in "bdfgklmnprst"
        for second in ("ack", "ail", "end", "urn", "ash", "ead")
    ]
    generator = random.Random(1)
    labels = tuple(read_bundle(default_bundle()).manifest.labels)
    families = [(generator.sample(words, 4), generator.choice(labels)) for _ in range(2_000)]
    seen = []
    for number in range(templates):
        own, label = generator.choice(families)
        more = " ".join(generator.sample(words, 4))
        seen.append(
            Seen(f"{' '.join(own)} <num> {more} {number:x}", "app", label, 1.0, generator.randrange(1, 90))
        )
    corpus = corpus_of(labels)
    begun = time.process_time()
    found = suggest(seen, corpus, RuleSet([], labels), labels, Wanted())
    took = time.process_time() - begun
    print(
        f"{templates:,} templates and {len(corpus):,} rows of the corpus: {len(found)} rules in {took:.1f} s of CPU"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labelled", type=Path, nargs="?")
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--speed", type=int, metavar="TEMPLATES")
    arguments = parser.parse_args()
    if arguments.speed:
        speed(arguments.speed)
    if arguments.labelled is None:
        return
    with opened(arguments.labelled) as (stream, name):
        rows = [*open_labelled(stream, name, Reading())[1]]
    if arguments.lines is not None:
        rows = weighed_by_lines(rows, arguments.lines)
    bundle = read_bundle(default_bundle())
    embedding = load_embedding_tier(bundle)
    judged: dict[str, list[Judged]] = {"labelled part alone": [], "with the others as events": []}
    for seed in range(arguments.splits):
        known, others = split(rows, arguments.share, seed)
        alone, both = judged.values()
        alone.append(judge(suggested_from(known, [], bundle, embedding), others))
        both.append(judge(suggested_from(known, others, bundle, embedding), others))
    print(
        f"{bundle.version}; {arguments.share:.0%} of {len(rows):,} rows labelled; "
        f"mean (range) of {arguments.splits} splits"
    )
    for how, each in judged.items():
        print(f"{how}: {_range([one.rules for one in each], '{:.0f}')} rules")
        for column in Judged._fields[1:]:
            print(
                f"  {column.replace('_', ' '):<20} {_range([getattr(one, column) for one in each], '{:.1%}')}"
            )


def _range(values: Sequence[float], form: str) -> str:
    return f"{form} ({form} to {form})".format(statistics.mean(values), min(values), max(values))


if __name__ == "__main__":
    main()
