"""``logsluice compare``: which classifier does best on systems it has not seen."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from logsluice.cli.progress import Progress, progress
from logsluice.cli.reading import reading_options
from logsluice.cli.report_files import require_directory, standard_output, write_json

if TYPE_CHECKING:
    from files.labelled import Reading
    from training.compare import Score
    from training.folds import Folds
    from training.rows import Row

FOLDS = 5


@click.command()
@click.argument(
    "data",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@reading_options(labels=True)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Compare on the built-in corpus too; default: only if no file is given.",
)
@click.option(
    "--sample",
    "size",
    type=click.IntRange(min=10),
    help="Use so many templates at most, drawn at random; quicker.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same figures."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file as JSON.",
)
def compare(
    data: tuple[Path, ...],
    reading: "Reading",
    corpus: bool | None,
    size: int | None,
    seed: int,
    json_file: Path | None,
) -> None:
    """Compare classifiers on labelled files, on the built-in corpus, or on both.

    Each is judged on systems that it has not learnt from: folds are grouped by source, and by kind of system in
    the corpus. Files are as train takes them.
    """
    with_corpus = corpus if corpus is not None else not data
    if not data and not with_corpus:
        raise click.UsageError("there is nothing to compare on: name a file, or leave out --no-corpus")
    require_directory(json_file)
    with progress() as shown:
        from logsluice.cli.train import rows_of
        from training.folds import grouped_folds, sample
        from training.report.comparison import Comparison, show
        from training.rows import TrainingDataError, check_enough

        rows = sample(rows_of(data, reading, with_corpus, seed), size, seed)
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
            scores=_scores(rows, folds, seed, shown),
        )
    if json_file is not None:
        write_json(json_file, comparison)
    show(comparison, standard_output())


def _scores(rows: "list[Row]", folds: "Folds", seed: int, shown: Progress) -> "list[Score]":
    from pipeline.encoder import EncoderReference, load_encoder, packaged_weights, weights_sha256
    from pipeline.features import encoder_text
    from training.compare import Sample, compare

    shown.step("embedding", len(rows))
    # Not that of a bundle: a fine-tuned encoder has seen the very rows that are held out here.
    encoder = load_encoder(EncoderReference("packaged", weights_sha256(packaged_weights())))
    embeddings = encoder.encode([encoder_text(row.template) for row in rows], shown.advance)

    def step(name: str, done: int) -> None:
        shown.step(name, len(folds.splits))
        shown.reach(done)

    return compare(Sample(rows, embeddings, folds.groups), folds, seed, step)
