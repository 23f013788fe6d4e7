"""``logsluice evaluate``: judge a bundle, or two side by side, by a labelled file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from consumer.errors import EXIT_FAILED
from logsluice.cli.labels import named_bundle
from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.report_files import json_option, require_directory, standard_output, write, write_json
from logsluice.cli.settings import command_settings

if TYPE_CHECKING:
    from files.labelled import Labelled, Reading


@click.command()
@click.argument(
    "labelled",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle to judge; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another bundle to compare it with, or `built-in`: is it worse beyond noise, and which labels change?",
)
@click.option(
    "--fail-if-worse",
    is_flag=True,
    help="Exit with 1 where the bundle is worse than --against beyond noise, in all or at one label.",
)
@reading_options(labels=True)
@click.option(
    "--tiers",
    type=click.Choice(["all", "embedding"]),
    default="all",
    show_default=True,
    help="What publishes: rules and embedding, by the bundle's routes, or the embedding tier alone.",
)
@json_option
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with plots to this file; it needs no other file.",
)
def evaluate(
    labelled: Path,
    bundle: Path | None,
    against: Path | None,
    fail_if_worse: bool,
    reading: "Reading",
    tiers: Literal["all", "embedding"],
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Judge a bundle by a file whose labels are right.

    The file is CSV or JSON, with a message and a label in each row. Prints accuracy, F1, calibration and how much
    can be answered at which precision, of the model alone and of what would be published; by label, tier and
    source, by template and by line; and the messages it got wrong.
    """
    if fail_if_worse and against is None:
        raise click.UsageError("--fail-if-worse needs --against: worse than what?")
    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    for file in (json_file, html_file):
        require_directory(file)
    with progress() as shown:
        rows = read_labelled(labelled, reading)
        from files.labelled import refuse_foreign
        from pipeline.bundle import default_bundle, read_bundle

        judged = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
        other = read_bundle(named_bundle(against)) if against is not None else None
        refuse_foreign(rows, judged.labels, judged.version)
        shown.step(f"loading {judged.version}")
        from training.judging import make_report

        report = make_report(labelled.name, rows, judged, other, tiers, shown.step, shown.advance)
    if json_file is not None:
        write_json(json_file, report)
    if html_file is not None:
        from training.report.page import page

        write(html_file, page(report).encode())
    from training.report.tables import show

    # Last: a reader of the tables may close the pipe after the first of them.
    show(report, standard_output())
    if fail_if_worse and report.comparison is not None and report.comparison.outcome == "worse":
        sys.exit(EXIT_FAILED)


def read_labelled(path: Path, reading: "Reading") -> "list[Labelled]":
    """Return the rows of a labelled file; warn of what is odd.

    Raises:
        InputFileError: it cannot be used, or has no rows.
    """
    from files.errors import InputFileError
    from files.labelled import open_labelled, opened
    from files.notes import sentences

    with opened(path) as (stream, name):
        table, labelled = open_labelled(stream, name, reading)
        rows = list(labelled)
        for sentence in sentences(table.notes):
            click.echo(f"{name}: {sentence}", err=True)
    if not rows:
        raise InputFileError(f"{name} has no row with a label: there is nothing to judge by")
    return rows
