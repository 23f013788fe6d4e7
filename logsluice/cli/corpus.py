"""``logsluice corpus``: what people and the LLM have said, as labelled rows to train from."""

import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

import click

from consumer.records.said import SaidRow, Speaker, said_rows
from files.output import whole_file, writing
from logsluice.cli.labels import bundle_of
from logsluice.cli.settings import command_settings
from logsluice.cli.times import iso_time

COLUMNS = ("source", "log_message", "target_label", "by", "who", "when", "count")


@click.group()
def corpus() -> None:
    """Turn corrections into labelled rows, for `logsluice train --with` and `logsluice evaluate`."""


@corpus.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The CSV file to write; default: standard output.",
)
@click.option(
    "--by",
    "speaker",
    type=click.Choice(["person", "model", "all"], case_sensitive=False),
    default="person",
    show_default=True,
    help="Whose words: those of people, of the LLM where no person contradicts it, or both.",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read the console's store, which counts events too; default: the verdicts topic.",
)
def export(output: Path | None, speaker: Speaker, store: Path | None) -> None:
    """Write what was said of templates as CSV: templates alone, never a message.

    The columns are source (empty for every source), log_message (the template), target_label, by (person or model),
    who, when and count (events in the store; 1 from the topic). A person outranks the LLM; else the newest word stands.
    """
    settings = command_settings()
    bundle = bundle_of(settings)
    counts: Mapping[str, int] = {}
    if store is not None:
        from console.store.said import read_said

        known, counts = read_said(store)
    else:
        from logsluice.cli.verdicts import read_verdicts

        known = read_verdicts(settings)
    rows, foreign = said_rows(known.items(), speaker, bundle.labels)
    if output is None:
        with writing("standard output"):
            _write(sys.stdout, rows, counts)
    else:
        with whole_file(output) as file:
            _write(file, rows, counts)
    click.echo(f"{len(rows):,} labelled {'template' if len(rows) == 1 else 'templates'}", err=True)
    if foreign:
        click.echo(f"{foreign:,} more left out: {bundle.version} does not have their labels", err=True)


def _write(file: TextIO, rows: Iterable[SaidRow], counts: Mapping[str, int]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        when, count = iso_time(row.at_ms) or "", max(1, counts.get(row.template, 1))
        writer.writerow((row.source, row.template, row.label, row.by, row.who, when, count))
