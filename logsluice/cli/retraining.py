"""What `train` does with corrections: read them, and have a bundle learn them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from logsluice.cli.progress import Progress, progress
from logsluice.cli.settings import command_settings

if TYPE_CHECKING:
    from files.labelled import Reading
    from training.rows import Row

_NOT_QUICK = ("precision", "taxonomy", "second_opinion")


def refuse_mixtures(context: click.Context, quick: bool, corrected: bool, second_opinion: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        click.UsageError: there are such.
    """

    def given(name: str) -> bool:
        return context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)

    if not corrected and (given("base") or given("weight")):
        raise click.UsageError("--from and --weight are about corrections: name a file of them in --with")
    if corrected and not quick and given("base"):
        raise click.UsageError("--from is for corrections alone: leave out FILE, --fine-tune and --no-corpus")
    if corrected and second_opinion:
        raise click.UsageError("a bundle with a second opinion cannot learn corrections: name them as a FILE")
    if quick and any(map(given, _NOT_QUICK)):
        raise click.UsageError(
            "--precision and --taxonomy need a whole training, and corrections alone keep those of the bundle: add "
            "--fine-tune"
        )


def retrain(
    corrections: Sequence[Path],
    reading: "Reading",
    output: Path,
    base: Path | None,
    built_in: bool,
    rules: Path | None,
    routes: Path | None,
    weight: float | None,
) -> None:
    """Have a bundle learn corrections, and say so; errors are those of `training.retrain.retrain`."""
    from pipeline.bundle import default_bundle, read_bundle

    start = base or (default_bundle() if built_in else command_settings().bundle or default_bundle())
    with progress() as shown:
        rows = corrected_rows(corrections, reading)
        learn(start, rows, output, rules, routes, weight, shown)
    click.echo(
        f"{output}: {read_bundle(start).version} has learnt {len(rows):,} corrected "
        f"{'template' if len(rows) == 1 else 'templates'}"
    )


def learn(
    base: Path,
    rows: "Sequence[Row]",
    output: Path,
    rules: Path | None,
    routes: Path | None,
    weight: float | None,
    shown: Progress,
) -> None:
    """Have the bundle in a directory learn rows; errors are those of `training.retrain.retrain`."""
    from pipeline.bundle import read_bundle
    from training.adapt import WEIGHT
    from training.retrain import retrain

    retrain(read_bundle(base), rows, output, rules, routes, shown.step, shown.advance, weight or WEIGHT)


def corrected_rows(paths: Sequence[Path], reading: "Reading") -> "list[Row]":
    """Return the distinct templates of files of corrections.

    Raises:
        InputFileError: a file cannot be used.
    """
    from training.rows import distinct

    return distinct(rows_of_files(paths, reading))


def rows_of_files(paths: Sequence[Path], reading: "Reading") -> "list[Row]":
    """Return the templates of labelled files, those of each file distinct; warn of what is odd.

    Raises:
        InputFileError: a file cannot be used.
    """
    from files.labelled import opened
    from training.rows import read_rows

    if sum(str(path) == "-" for path in paths) > 1:
        raise click.UsageError("standard input can be read once only: name `-` once")
    rows: list[Row] = []
    for path in paths:
        with opened(path) as (stream, name):
            rows += read_rows(stream, name, reading, lambda note: click.echo(note, err=True))
    return rows
