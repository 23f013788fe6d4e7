"""What the map of the console costs: ``python -m benchmarks.console_map``. Processor time, memory, and answers.

The store has many templates, of the corpus with words of their own added, and the map takes the most frequent of them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.console import RETENTION_MS, WORDS, follow
from console.classifier import open_classifier
from console.map.atlas import MOST, TemplateMap
from console.map.drawing import columns
from console.parts import Parts
from console.settings import AllSettings
from console.store.schema import open_writer
from console.store.store import Store
from console.store.writer import Writer
from pipeline.bundle import default_bundle, read_bundle
from pipeline.memory import VerdictMemory
from tests.console.store.events import labelled
from training.corpus import read_corpus
from training.rows import rows_of_corpus

BATCH = 20_000


def records(templates: int, now_ms: int) -> Iterator[list[tuple[bytes, int]]]:
    """Yield batches of labelled records, most templates with one event and a few with several."""
    choose = Random(1)
    corpus = rows_of_corpus(read_corpus(), 1)
    for start in range(0, templates, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, templates)):
            row = corpus[number % len(corpus)]
            extra = " ".join(choose.choices(WORDS, k=2)) if number >= len(corpus) else ""
            text = f"{row.template} {extra} {number:x}".strip()
            record = labelled(
                text, row.label, f"service-{number % 200}", confidence=round(choose.random(), 4)
            )
            batch += [(record, now_ms)] * choose.choice((1, 1, 1, 2, 5))
        yield batch


def rss_mb() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def spent(work: Callable[[], object]) -> float:
    """Return the processor time of all threads that work takes, in seconds."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", type=int, default=100_000, help="in the store")
    parser.add_argument("--most", type=int, default=MOST, help="on the map")
    parser.add_argument(
        "--without-clusters", action="store_true", help="as where scikit-learn is not installed"
    )
    options = parser.parse_args()
    now_ms = int(time.time() * 1000)
    table = Table("what", "measured", title="the map of the console", title_justify="left")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "store.db"
        writer = Writer(open_writer(path), RETENTION_MS)
        follow(writer, records(options.templates, now_ms), now_ms)
        bundle = read_bundle(default_bundle())
        with closing(open_classifier(bundle, VerdictMemory())) as classifier, closing(Store(path)) as store:
            classifier.cascade.embedding.encoder.encode(["warm"] * 64)
            before = rss_mb()
            parts = Parts(AllSettings.model_construct(), classifier, time.time, store=store)
            atlas = TemplateMap(parts, options.most, False if options.without_clusters else None)
            table.add_row("templates in the store", f"{options.templates:,}")
            table.add_row("reading what belongs on the map", f"{1000 * spent(atlas.rows):,.0f} ms of a core")

            def draw() -> None:
                atlas.draw_where_due(atlas.rows(), again=True)
                atlas.wait(86_400)

            first_s = spent(draw)
            state = atlas.state()
            table.add_row("the map", f"{state.templates:,} templates, {state.said}")
            table.add_row("drawing it the first time", f"{first_s:,.0f} s of a core")
            table.add_row("memory that is kept", f"{rss_mb() - before:,.0f} MB above {before:,.0f} MB")
            table.add_row("drawing it again, nothing new", f"{spent(draw):,.0f} s of a core")
            table.add_row("memory after that", f"{rss_mb() - before:,.0f} MB above {before:,.0f} MB")
            rows, drawn = atlas.rows(), atlas.drawn
            assert drawn is not None
            answer = b""

            def respond() -> None:
                nonlocal answer
                answer = msgspec.json.encode(columns(rows, drawn))

            table.add_row("making the answer of the page", f"{1000 * spent(respond):,.0f} ms of a core")
            table.add_row("its size", f"{len(answer) / 1e6:.1f} MB")
        writer.connection.close()
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
