"""``logsluice rules``: have rules suggested, and try a rules file on events."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.settings import command_settings

if TYPE_CHECKING:
    from files.labelled import Reading


@click.group()
def rules() -> None:
    """Have rules suggested, and try a rules file on events."""


@rules.command()
@click.argument(
    "data", required=False, metavar="[FILE]", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@reading_options(labels=True)
@click.option("--min-precision", type=click.FloatRange(0, 1), default=0.95, show_default=True, help="Least mean confidence of the labels that a rule rests on.")
@click.option("--min-events", type=click.IntRange(min=1), default=2, show_default=True, help="Least events that a rule must decide beyond those before it.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most rules to suggest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the entries to this file.")
def suggest(data: Path | None, reading: "Reading", min_precision: float, min_events: int, limit: int, as_json: bool, output: Path | None) -> None:
    """Suggest rules from a file of labelled events."""
    if data is None:
        raise click.UsageError("name a file")
    settings = command_settings()
    with progress() as shown:
        from files.labelled import opened
        from logsluice.cli.labels import bundle_of
        from training.suggesting.corpus import corpus_messages
        from training.suggesting.entries import comment, entry
        from training.suggesting.from_file import seen_in
        from training.suggesting.suggest import Wanted, suggest

        bundle = bundle_of(settings)
        shown.step("reading", 0)
        with opened(data) as (stream, name):
            seen = seen_in(stream, name, reading, bundle.rules)
        corpus = corpus_messages()
        shown.step("counting", 0)
        found = suggest(seen, corpus, bundle.rules, tuple(bundle.manifest.labels), Wanted(min_precision, min_events, limit))
    text = "\n".join(entry(each.rule, [comment(each)]) for each in found)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text)
