"""``logsluice train``: make a bundle from labelled files, from the corpus, or from both."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.retraining import corrected_rows, learn, refuse_mixtures, retrain, rows_of_files

if TYPE_CHECKING:
    from files.labelled import Reading
    from training.rows import Row


@click.command()
@click.argument(
    "data",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the new bundle.",
)
@reading_options(labels=True)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Train on the built-in corpus too; default: only if no file is given.",
)
@click.option(
    "--with",
    "corrections",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Corrections, as `logsluice corpus export` writes them; they win what they contradict. Without a FILE and "
    "without --fine-tune a bundle learns them in seconds.",
)
@click.option(
    "--from",
    "base",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The bundle that learns them; default: the built-in one with --corpus, else that of the settings.",
)
@click.option(
    "--weight",
    type=click.FloatRange(min=0, min_open=True),
    help="How much a correction counts; default: 20.",
)
@click.option(
    "--taxonomy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML file of labels and what they mean, for the LLM.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False),
    help="rules.yaml of the bundle; default: the built-in one with the corpus, else none.",
)
@click.option(
    "--routes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="routes.yaml of the bundle; default: likewise.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    default=0.9,
    show_default=True,
    help="What share of the labels shall be right; chooses the threshold.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same predictions."
)
@click.option(
    "--fine-tune",
    is_flag=True,
    help="Let the encoder learn from the rows too: better labels, for a minute or so per 1,000 rows.",
)
@click.option(
    "--second-opinion",
    is_flag=True,
    help="Let a label stand only where a second model gives the same: fewer labels, more of them right.",
)
@click.option(
    "--seal",
    "only_seal",
    is_flag=True,
    help="Train nothing: write the manifest of OUTPUT again, after its rules or routes were edited.",
)
@click.pass_context
def train(
    context: click.Context,
    /,
    data: tuple[Path, ...],
    output: Path,
    reading: "Reading",
    corpus: bool | None,
    corrections: tuple[Path, ...],
    base: Path | None,
    weight: float | None,
    taxonomy: Path | None,
    rules: Path | None,
    routes: Path | None,
    precision: float,
    seed: int,
    fine_tune: bool,
    second_opinion: bool,
    only_seal: bool,
) -> None:
    """Train a bundle from labelled files, from the built-in corpus, or from both.

    A file is CSV or JSON with a message and a label in each row, and a source if there is one. Any labels will
    do, each with three different messages at the very least; dozens are better.

    With corrections and nothing else to learn, an existing bundle learns them in seconds, and keeps its encoder, its
    rules, its routes and its threshold.
    """
    if only_seal:
        seal(output)
        return
    quick = bool(corrections) and not data and not fine_tune and corpus is not False
    refuse_mixtures(context, quick, bool(corrections), second_opinion)
    if quick:
        retrain(corrections, reading, output, base, bool(corpus), rules, routes, weight)
        return
    with_corpus = corpus if corpus is not None else not data
    if not data and not with_corpus and not corrections:
        raise click.UsageError("there is nothing to train from: name a file, or leave out --no-corpus")
    with progress() as shown:
        from pipeline.bundle import default_bundle
        from training import train as training

        models = default_bundle().parent
        labels: dict[str, str] = {}
        if with_corpus:
            labels = read_taxonomy(models / "taxonomy.yaml")
            rules, routes = rules or models / "rules.yaml", routes or models / "routes.yaml"
        if taxonomy is not None:
            labels |= read_taxonomy(taxonomy)
        corrected = corrected_rows(corrections, reading)
        known = {row.template for row in corrected}
        others = rows_of(data, reading, with_corpus, seed)
        rows = corrected + [row for row in others if row.template not in known]
        steps = training.Progress(shown.step, shown.advance)
        trust = training.train(
            rows, labels, output, rules, routes, precision, seed, fine_tune, steps, second_opinion
        )
        if corrected:
            learn(output, corrected, output, None, None, weight, shown)
    click.echo(f"{output}: trained on {len(rows):,} templates, threshold {trust.threshold:.2f}")
    click.echo(f"on what was held out: accuracy {trust.accuracy:.2f}; with a threshold of")
    for point in trust.curve:
        click.echo(
            f"  {point.threshold:.2f}: {point.coverage:4.0%} answered, {point.precision:.1%} of them right"
        )


def rows_of(data: Sequence[Path], reading: "Reading", corpus: bool, seed: int) -> "list[Row]":
    """Return the distinct templates of labelled files, of the corpus, or of both; warn of what is odd.

    Raises:
        InputFileError: a file cannot be used.
        CorpusError: the corpus is not sound.
    """
    from training.corpus import read_corpus
    from training.rows import distinct, rows_of_corpus

    # A user's own rows come first: where they contradict the corpus, they are right.
    return distinct(rows_of_files(data, reading) + (rows_of_corpus(read_corpus(), seed) if corpus else []))


def read_taxonomy(path: Path) -> dict[str, str]:
    """Read a YAML file that maps labels to what they mean.

    Raises:
        TrainingDataError: it is not of that form.
    """
    import yaml

    from training.rows import TrainingDataError

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TrainingDataError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict) or not all(
        isinstance(text, str) for pair in content.items() for text in pair
    ):
        raise TrainingDataError(f"{path} must map each label to a sentence that says what it means")
    return content


def seal(directory: Path) -> None:
    """Write a bundle's manifest again after rules or routes were edited.

    Raises:
        BundleError: it is not a bundle, or what was edited is wrong.
    """
    from pipeline.errors import BundleError
    from training import train as training

    if not (directory / "manifest.json").exists():
        raise BundleError(f"{directory} is not a bundle: it has no manifest.json")
    click.echo(f"{directory}: sealed, digest {training.seal(directory)}")
