"""``logsluice compare``: which classifier does best on systems it has not seen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from files.tables import InputFileError
from pipeline.encoder import EncoderReference, load_encoder, packaged_weights, weights_sha256
from pipeline.features import encoder_text
from training.compare import CONTESTANTS, Sample, Score, compare
from training.corpus import read_corpus
from training.folds import Folds, Grouping, grouped_folds, sample
from training.rows import Row, TrainingDataError, check_enough, distinct, read_rows, rows_of_corpus

FOLDS = 5


class Comparison(msgspec.Struct, frozen=True):
    """What ``--json`` writes."""

    templates: int
    labels: int
    folds: int
    grouped_by: Grouping
    groups: int
    seed: int
    scores: list[Score]


def run(data: tuple[Path, ...], corpus: bool, size: int | None, seed: int, json_file: Path | None) -> None:
    """Compare all classifiers on CSV files, on the corpus, or on both, and print a table.

    Raises:
        TrainingDataError: the data cannot be used.
        CorpusError: the corpus is not sound.
        InputFileError: the report cannot be written.
    """
    if json_file is not None and not json_file.resolve().parent.is_dir():
        raise InputFileError(f"{json_file} cannot be written: there is no directory for it")
    rows: list[Row] = rows_of_corpus(read_corpus(), seed) if corpus else []
    rows = sample(distinct([row for path in data for row in read_rows(path)] + rows), size, seed)
    try:
        check_enough(rows)
    except TrainingDataError as error:
        advice = "; a larger --sample has more of them" if size else ""
        raise TrainingDataError(f"{error}{advice}") from error
    folds = grouped_folds(rows, FOLDS, seed)
    comparison = Comparison(
        templates=len(rows),
        labels=len({row.label for row in rows}),
        folds=len(folds.splits),
        grouped_by=folds.grouping,
        groups=len(set(folds.groups.tolist())),
        seed=seed,
        scores=_scores(rows, folds, seed),
    )
    if json_file is not None:
        try:
            json_file.write_bytes(msgspec.json.format(msgspec.json.encode(comparison), indent=2) + b"\n")
        except OSError as error:
            raise InputFileError(f"{json_file} cannot be written: {error.strerror}") from error
    _show(comparison)


def _scores(rows: list[Row], folds: Folds, seed: int) -> list[Score]:
    with _progress() as progress:
        progress("embedding", 0, len(rows))
        # Not that of a bundle: a fine-tuned encoder has seen the very rows that are held out here.
        encoder = load_encoder(EncoderReference("packaged", weights_sha256(packaged_weights())))
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            progress("embedding", done, len(rows))

        embeddings = encoder.encode([encoder_text(row.template) for row in rows], advance)
        steps, names = len(folds.splits), list(CONTESTANTS)
        return compare(
            Sample(rows, embeddings, folds.groups),
            folds,
            seed,
            lambda name, fold: progress(name, names.index(name) * steps + fold, len(names) * steps),
        )


def _show(comparison: Comparison) -> None:
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=120)
    click.echo(
        f"{comparison.templates:,} templates, {comparison.labels} labels, {comparison.folds} folds, no "
        f"{comparison.grouped_by} in two of them; the encoder as installed, embedding time apart"
    )
    if comparison.grouped_by == "template":
        click.echo(
            "all rows are of one source, so these figures say nothing of other systems; "
            "a column `source` that tells systems apart would"
        )
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("classifier")
    for name in ("accuracy", "macro-F1", "ECE", "coverage at 90 %", "at 95 %", "training s", "µs a template"):
        table.add_column(name, justify="right")
    for score in comparison.scores:
        table.add_row(
            score.name,
            f"{score.accuracy:.3f}",
            f"{score.macro_f1:.3f}",
            f"{score.calibration_error:.3f}",
            f"{score.coverage_at_90:.3f}",
            f"{score.coverage_at_95:.3f}",
            f"{score.training_seconds:.1f}",
            f"{score.microseconds:,.0f}",
        )
    console.print(table)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
