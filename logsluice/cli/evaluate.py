"""``logsluice evaluate``: judge a bundle, or two side by side, by a labelled file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from consumer.settings import Settings
from files.labelled import Columns, read_labelled, refuse_foreign, unknown_labels
from files.tables import InputFileError
from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.cascade import Cascade
from pipeline.embedding import CONFIDENCE_DIGITS, Classifier, EmbeddingTier, load_embedding_tier
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.memory import VerdictMemory
from pipeline.verdict import Verdict
from training.evaluation import (
    Evaluation,
    Labelled,
    Report,
    changes,
    known_labels,
    model_answers,
    published_answers,
    template_weights,
    view,
)
from training.report import page, tables

Tiers = Literal["all", "embedding"]
CHUNK_ROWS = 10_000


def evaluate(
    settings: Settings,
    path: Path,
    columns: Columns,
    encoding: str | None,
    against: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    tiers: Tiers,
) -> None:
    """Judge the bundle of the settings, print what was found, and write it where that was asked for.

    Raises:
        InputFileError: the file cannot be used, or a report cannot be written.
        BundleError: a bundle cannot be used.
    """
    for file in (json_file, html_file):
        if file is not None and not file.resolve().parent.is_dir():
            raise InputFileError(f"{file} cannot be written: there is no directory {file.resolve().parent}")
    rows = read_labelled(path, columns, encoding)
    bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
    other = read_bundle(against) if against is not None else None
    refuse_foreign(rows, bundle.labels, bundle.version)
    console = Console(stderr=True)
    with _progress(console) as advance:
        report = make_report(path.name, rows, bundle, other, tiers, advance)
    if json_file is not None:
        _write(json_file, msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if html_file is not None:
        _write(html_file, page.page(report).encode("utf-8", "replace"))
    # Last: a reader of the tables may close the pipe after the first of them.
    tables.show(report, _standard_output())


def make_report(
    name: str,
    rows: Sequence[Labelled],
    bundle: Bundle,
    other: Bundle | None,
    tiers: Tiers,
    progress: Callable[[str, int, int], None],
) -> Report:
    """Return what a bundle, and another beside it, make of the rows of the file ``name``.

    ``progress`` is told what is being done, how many templates of it are done, and of how many.

    Raises:
        BundleError: a bundle cannot be loaded.
    """
    labels = known_labels(rows, bundle.labels + (other.labels if other else ()))
    templates = [mask(row.message) for row in rows]
    keys = list(zip((row.source for row in rows), templates, strict=True))
    found = _judge(rows, templates, bundle, tiers, progress)
    report = Report(
        file=name,
        rows=len(rows),
        templates=len(set(keys)),
        lines=sum(row.lines for row in rows),
        sources=len({row.source for row in rows}),
        labels=labels,
        unknown_labels=unknown_labels(list(rows), bundle.labels),
        evaluation=_evaluation(rows, keys, labels, bundle, tiers, found),
    )
    if other is None:
        return report
    before = _judge(rows, templates, other, tiers, progress)
    return msgspec.structs.replace(
        report,
        against=_evaluation(rows, keys, labels, other, tiers, before),
        changed=changes(rows, before.verdicts, found.verdicts),
    )


class _Found(NamedTuple):
    """What a bundle says of each row: the model's likeliest label with its probability, and the verdict."""

    best: list[tuple[str, float]]
    verdicts: list[Verdict]


class _Overheard:
    """A classifier that keeps what it says of each template, for the answers below the threshold."""

    def __init__(self, classifier: Classifier) -> None:
        self.labels = classifier.labels
        self.best: dict[str, tuple[str, float]] = {}
        self._classifier = classifier

    def predict_proba(
        self, templates: Sequence[str], embeddings: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64]:
        probabilities = self._classifier.predict_proba(templates, embeddings)
        for template, row in zip(templates, np.round(probabilities, CONFIDENCE_DIGITS), strict=True):
            column = int(row.argmax())
            self.best[template] = (self.labels[column], float(row[column]))
        return probabilities


def _judge(
    rows: Sequence[Labelled],
    templates: Sequence[str],
    bundle: Bundle,
    tiers: Tiers,
    progress: Callable[[str, int, int], None],
) -> _Found:
    distinct = list(dict.fromkeys(templates))
    progress(f"loading {bundle.version}", 0, len(distinct))
    loaded = load_embedding_tier(bundle)
    overheard = _Overheard(loaded.classifier)
    # Large enough to remember every template: what the model alone says is then not computed twice.
    tier = EmbeddingTier(loaded.encoder, overheard, bundle.manifest.threshold, len(distinct) + 1)
    progress(f"labelling by {bundle.version}", 0, len(distinct))
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(f"labelling by {bundle.version}", done, len(distinct))

    verdicts = dict(zip(distinct, tier.label(distinct, advance), strict=True))
    best = [overheard.best[template] for template in templates]
    if tiers == "embedding":
        return _Found(best, [verdicts[template] for template in templates])
    cascade = Cascade(bundle, tier, VerdictMemory())
    found: list[Verdict] = []
    for start in range(0, len(rows), CHUNK_ROWS):
        found += cascade.label([Event(row.source, row.message) for row in rows[start : start + CHUNK_ROWS]])
    return _Found(best, found)


def _evaluation(
    rows: Sequence[Labelled],
    keys: Sequence[tuple[str, str]],
    labels: Sequence[str],
    bundle: Bundle,
    tiers: Tiers,
    found: _Found,
) -> Evaluation:
    lines = np.array([row.lines for row in rows], dtype=float)
    model = model_answers(rows, labels, found.best)
    published = published_answers(rows, labels, found.verdicts)
    names = [verdict.tier for verdict in found.verdicts]
    return Evaluation(
        bundle=bundle.version,
        threshold=bundle.manifest.threshold,
        tiers=tiers,
        by_template=view(rows, labels, model, published, names, template_weights(keys, lines)),
        by_line=view(rows, labels, model, published, names, lines),
    )


def _standard_output() -> Console:
    console = Console(highlight=False)
    # A pipe has no width of its own; tables cut to that of an old terminal would lose figures.
    return console if console.is_terminal else Console(highlight=False, width=120)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputFileError(f"{path} cannot be written: {error.strerror}") from error
