"""``logsluice train``: the command around `training.train`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from pipeline.bundle import default_bundle
from pipeline.errors import BundleError
from training import train as training
from training.corpus import read_corpus
from training.rows import Row, TrainingDataError, distinct, read_rows, rows_of_corpus


def train(
    data: tuple[Path, ...],
    corpus: bool,
    output: Path,
    taxonomy: Path | None,
    rules: Path | None,
    routes: Path | None,
    precision: float,
    seed: int,
    fine_tune: bool,
    second_opinion: bool = False,
) -> None:
    """Train a bundle from the corpus, from CSV files, or from both, and say how far it can be trusted.

    Raises:
        TrainingDataError: the data cannot be used.
        CorpusError: the corpus is not sound.
    """
    if not data and not corpus:
        raise click.UsageError("there is nothing to train from: name a CSV file, or leave out --no-corpus")
    models = default_bundle().parent
    labels: dict[str, str] = {}
    if corpus:
        labels = read_taxonomy(models / "taxonomy.yaml")
        rules, routes = rules or models / "rules.yaml", routes or models / "routes.yaml"
    if taxonomy is not None:
        labels |= read_taxonomy(taxonomy)
    with _progress() as progress:
        rows: list[Row] = rows_of_corpus(read_corpus(), seed) if corpus else []
        # A user's own rows come first: where they contradict the corpus, they are right.
        rows = distinct([row for path in data for row in read_rows(path)] + rows)
        trust = training.train(
            rows, labels, output, rules, routes, precision, seed, fine_tune, progress, second_opinion
        )
    click.echo(f"{output}: trained on {len(rows):,} templates, threshold {trust.threshold:.2f}")
    click.echo(f"on what was held out: accuracy {trust.accuracy:.2f}; with a threshold of")
    for point in trust.curve:
        click.echo(
            f"  {point.threshold:.2f}: {point.coverage:4.0%} answered, {point.precision:.1%} of them right"
        )


def read_taxonomy(path: Path) -> dict[str, str]:
    """Read a YAML file that maps labels to what they mean.

    Raises:
        TrainingDataError: it is not of that form.
    """
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
    """Write a bundle's manifest anew after rules or routes were edited.

    Raises:
        BundleError: it is not a bundle, or what was edited is wrong.
    """
    if not (directory / "manifest.json").exists():
        raise BundleError(f"{directory} is not a bundle: it has no manifest.json")
    click.echo(f"{directory}: sealed, digest {training.seal(directory)}")


@contextmanager
def _progress() -> Iterator[training.Progress]:
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)

        def step(what: str, total: int) -> None:
            bar.reset(task, description=what, total=total or None)
            if not console.is_terminal:
                click.echo(what, err=True)

        yield training.Progress(step, lambda count: bar.advance(task, count))
