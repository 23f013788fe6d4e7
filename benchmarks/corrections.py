"""What corrections of some templates of a system do for its other templates, and for other systems.

``python -m benchmarks.corrections labelled.csv --others more.csv``: CSV files with source, message and label. Of each
source of the first with enough templates 100 are corrected, or half where it has fewer; the rest of the source is
judged, and all other sources of both files. Where no source has enough, 100 templates of half of the sources are
corrected. Several draws: printed are their mean and, of the changes, the range in points. Nothing of the files is in
the built-in bundle, but systems of the same kinds are in its corpus.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from files.labelled import Labelled, Reading, open_labelled
from pipeline.bundle import CLASSIFIER, Bundle, default_bundle, read_bundle
from pipeline.cascade import Cascade
from pipeline.classifier import TemplateClassifier
from pipeline.classifier_file import read_classifier
from pipeline.embedding import EmbeddingTier
from pipeline.encoder import load_encoder
from pipeline.event import Event
from pipeline.examples import read_examples
from pipeline.features import encoder_text
from pipeline.masking import mask
from pipeline.memory import VerdictMemory
from training.adapt import WEIGHT
from training.retrain import learn
from training.rows import Row

CORRECTED = 100
ENOUGH = 20


class Embedded:
    """An encoder that has encoded every text of the file before."""

    def __init__(self, texts: Sequence[str], embeddings: npt.NDArray[np.float32]) -> None:
        self.known = dict(zip(texts, embeddings, strict=True))

    def encode(self, texts: Sequence[str], progress: object = None) -> npt.NDArray[np.float32]:
        """Return embeddings, shape (texts, 384)."""
        return np.stack([self.known[text] for text in texts])

    def in_groups(self, texts: Sequence[str]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield all of them at once."""
        yield self.encode(texts)


class Right(NamedTuple):
    """Which rows are published right, and of which the likeliest label is right: flags, shape (rows,)."""

    published: npt.NDArray[np.bool_]
    likeliest: npt.NDArray[np.bool_]


def read(path: Path) -> list[Labelled]:
    """Return a row for each source and template of a file, with its first message and label."""
    found: dict[tuple[str, str], Labelled] = {}
    with path.open("rb") as stream:
        for row in open_labelled(stream, str(path), Reading())[1]:
            found.setdefault((row.source, mask(row.message)), row)
    return list(found.values())


def judge(
    rows: Sequence[Labelled], bundle: Bundle, encoder: Embedded, classifier: TemplateClassifier
) -> Right:
    """Return what a classifier gets right, with the rules and the threshold of a bundle."""
    tier = EmbeddingTier(encoder, classifier, bundle.manifest.threshold)  # type: ignore[arg-type]
    cascade = Cascade(bundle, tier, VerdictMemory())
    verdicts = cascade.label([Event(row.source, row.message) for row in rows])
    pairs = list(zip(verdicts, rows, strict=True))
    return Right(
        np.array([verdict.label == row.label for verdict, row in pairs]),
        np.array([(verdict.best_guess or verdict.label) == row.label for verdict, row in pairs]),
    )


def draws(rows: Sequence[Labelled], seeds: int) -> list[tuple[str, list[int], list[int]]]:
    """Return (name, places of corrected rows, places of the other rows of the same sources)."""
    of_source: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        of_source[row.source].append(place)
    chosen = []
    large = {source: places for source, places in of_source.items() if len(places) >= ENOUGH}
    for seed in range(1, seeds + 1):
        draw = random.Random(seed)
        groups = large
        if not large:
            half = draw.sample(sorted(of_source), len(of_source) // 2)
            groups = {"half of the sources": [place for source in half for place in of_source[source]]}
        for name, places in groups.items():
            mixed = draw.sample(places, len(places))
            some = min(CORRECTED, len(mixed) // 2)
            chosen.append((name, mixed[:some], mixed[some:]))
    return sorted(chosen, key=lambda each: each[0])


def main() -> None:
    """Correct, learn, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--others", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--weight", type=float, default=WEIGHT)
    options = parser.parse_args()
    own = read(options.labelled)
    rows = own + (read(options.others) if options.others else [])
    bundle = read_bundle(default_bundle())
    classifier = read_classifier(bundle.files[CLASSIFIER], default_bundle())
    assert isinstance(classifier, TemplateClassifier)
    templates = [mask(row.message) for row in rows]
    texts = [encoder_text(template) for template in templates]
    embeddings = load_encoder(bundle.manifest.encoder, bundle.encoder_delta).encode(texts)
    encoder, shown = Embedded(texts, embeddings), read_examples(bundle.examples)
    before = judge(rows, bundle, encoder, classifier)
    right, likeliest = before.published.mean(), before.likeliest.mean()
    print(f"{len(rows):,} templates; before, published right {right:.3f}, likeliest right {likeliest:.3f}")
    found: dict[str, list[list[float]]] = defaultdict(list)
    for name, corrected, rest in draws(own, options.seeds):
        said = [Row(rows[i].label, rows[i].source, templates[i]) for i in corrected]
        learnt = learn(classifier, said, embeddings[corrected], shown, options.weight)
        after = judge(rows, bundle, encoder, learnt)
        sources = {rows[i].source for i in corrected}
        others = [i for i, row in enumerate(rows) if row.source not in sources]
        means = [float(way[part].mean()) for part in (rest, others) for way in (*before, *after)]
        found[name].append([len(corrected), len(rest), *means])
    print(
        f"{'corrected, judged':39} {'the rest: published':35} {'likeliest':35} {'others: published':35} likeliest"
    )
    for name, draws_of in found.items():
        show(name, np.array(draws_of))
    show("mean of these", np.stack([np.mean(each, axis=0) for each in found.values()]))


def show(name: str, draws_of: npt.NDArray[np.float64]) -> None:
    """Print a line: means, and the range of the changes in points."""
    mean = draws_of.mean(axis=0)

    def change(before: int, after: int) -> str:
        points = 100 * (draws_of[:, after] - draws_of[:, before])
        interval = f"[{points.min():+.1f}, {points.max():+.1f}]"
        return f"{mean[before]:.3f} to {mean[after]:.3f} {points.mean():+5.1f} {interval}"

    columns = (change(before, before + 2) for before in (2, 3, 6, 7))
    print(f"{name:26} {mean[0]:5.0f}, {mean[1]:4.0f} ", *(f"{each:35}" for each in columns), flush=True)


if __name__ == "__main__":
    main()
