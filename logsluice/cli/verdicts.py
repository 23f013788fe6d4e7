"""``logsluice verdicts``: what is known of templates."""

from itertools import chain

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.kafka.reader import records_now
from consumer.records.verdict import VerdictKey, VerdictValue, read_verdict
from consumer.settings import Settings
from files.terminal import printable
from logsluice.cli.labels import bundle_of, known_label
from logsluice.cli.settings import command_settings
from logsluice.cli.times import local_time
from pipeline.memory import ANY_SOURCE

Known = dict[VerdictKey, VerdictValue]


@click.command()
@click.option("--search", help="Only templates that contain this.")
@click.option("--source", help="Only verdicts on this source; * is for those on every source.")
@click.option("--label", help="Only verdicts with this label.")
@click.option(
    "--by",
    type=click.Choice(["person", "model"], case_sensitive=False),
    help="Only verdicts by people, or by models.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def verdicts(
    search: str | None, source: str | None, label: str | None, by: str | None, as_json: bool
) -> None:
    """List what the LLM and people have said of templates, the newest last."""
    settings = command_settings()
    known = read_verdicts(settings)
    if label is not None:
        # Verdicts under an earlier taxonomy are listed too.
        said = [*dict.fromkeys((*bundle_of(settings).labels, *(value.label for value in known.values())))]
        label = known_label(label, said, "the bundle or of any verdict")
    wanted = [
        (key, value)
        for key, value in sorted(known.items(), key=lambda item: item[1].at_ms)
        if (search is None or search.lower() in key.template.lower())
        and (source is None or key.source == source)
        and (label is None or value.label == label)
        and (by is None or key.by == by)
    ]
    if as_json:
        for key, value in wanted:
            row = {**msgspec.structs.asdict(key), **msgspec.structs.asdict(value)}
            click.echo(msgspec.json.encode(row).decode())
        return
    Console().print(_table(wanted))
    click.echo(f"{len(wanted):,} {'verdict' if len(wanted) == 1 else 'verdicts'}", err=True)


def _table(rows: list[tuple[VerdictKey, VerdictValue]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("when", "by", "source", "label", "template"):
        table.add_column(
            name, overflow="fold" if name == "template" else "ellipsis", no_wrap=name != "template"
        )
    for key, value in rows:
        table.add_row(
            local_time(value.at_ms, "%Y-%m-%d %H:%M"),
            Text(printable(value.author) or value.by),
            Text(source_in_words(key.source)),
            Text(printable(value.label)),
            Text(printable(key.template)),
        )
    return table


def read_verdicts(settings: Settings) -> Known:
    """Return what the verdicts topic holds by now.

    Raises:
        BrokerError: the broker does not answer, or has no such topic.
    """
    known: Known = {}
    records = chain.from_iterable(records_now(settings, settings.verdicts_topic))
    for key, value, is_tombstone in map(read_verdict, records):
        if key is not None and value is not None:
            known[key] = value
        elif key is not None and is_tombstone:
            known.pop(key, None)
    return known


def source_in_words(source: str) -> str:
    """Return the source of a verdict, for a person to read."""
    return "every source" if source == ANY_SOURCE else printable(source) or "(no source)"
