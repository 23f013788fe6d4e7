"""``logsluice dead``: look at dead letters."""

import shutil
from typing import Any

import click
import msgspec

from consumer.errors import ConsumerError
from consumer.records.dead_letter import DeadLetter
from files.terminal import printable
from logsluice.cli.letters import (
    Filter,
    Letters,
    by_reason,
    count_of,
    filter_of,
    filter_options,
    read_letters,
)
from logsluice.cli.settings import command_settings
from logsluice.cli.times import iso_time, local_time

RECORD_CHARS = 20
"""What is shown of a record even where the terminal has no room for it."""


@click.group(invoke_without_command=True)
@filter_options
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many to print.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def dead(context: click.Context, /, limit: int, as_json: bool, **options: Any) -> None:
    """List dead letters: events that could not be decoded, labelled or published.

    The newest come last. --since and --until go by the time when the letter was written, not by that of its event.
    """
    if context.invoked_subcommand is not None:
        return
    letters = read_letters(command_settings(), filter_of(options))
    if as_json:
        for letter in letters.meant[-limit:]:
            click.echo(msgspec.json.encode(_as_row(letter, letters)).decode())
        return
    _print_table(letters, limit)
    meant = letters.meant
    shown = f", the newest {limit:,} shown" if len(meant) > limit else ""
    click.echo(f"{count_of(len(meant))}{shown}: {by_reason(meant)}", err=True)


@dead.command(short_help="Show all of one dead letter.")
@click.argument("event_id", metavar="EVENT")
def show(event_id: str) -> None:
    """Show all of the dead letter of EVENT, as `logsluice dead` names it: topic-partition-offset."""
    letters = read_letters(command_settings(), Filter())
    found = next((each for each in reversed(letters.meant) if each.event_id == event_id), None)
    if found is None:
        raise ConsumerError(f"there is no dead letter of {printable(event_id)}: see `logsluice dead`")
    for name, content in _as_row(found, letters).items():
        if name != "value":
            click.echo(f"{name:<9} {printable(str(content), 2_000)}")
    for header, raw in found.headers:
        click.echo(f"header    {printable(header)}: {printable(_text(raw))}")
    value = found.message.value()
    click.echo("value     none, a tombstone" if value is None else f"value     {len(value):,} bytes:")
    click.echo(printable(_text(value), 100_000))


def _print_table(letters: Letters, limit: int) -> None:
    rows = [("event", "died", "reason", "replays", "replayed", "record")]
    for letter in letters.meant[-limit:]:
        replayed = "yes" if letter.place in letters.replayed else "no"
        record = printable(_text(letter.message.value()))
        died = local_time(letter.died_ms)
        rows.append(
            (
                printable(letter.event_id),
                died,
                printable(letter.reason),
                str(letter.attempt),
                replayed,
                record,
            )
        )
    # Whole even where the terminal is too narrow: `dead show` takes the name of an event.
    widths = [max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:-1]]
    left = max(shutil.get_terminal_size().columns - sum(widths), RECORD_CHARS)
    for *cells, record in rows:
        line = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        click.echo(line + (record if len(record) <= left else f"{record[: left - 1]}…"))


def _as_row(letter: DeadLetter, letters: Letters) -> dict[str, object]:
    value = letter.message.value()
    return {
        "event": letter.event_id,
        "reason": letter.reason,
        "error": letter.error,
        "died": iso_time(letter.died_ms),
        "written": iso_time(letter.record_ms),
        "replays": letter.attempt,
        "replayed": letter.place in letters.replayed,
        "whole": not letter.is_cut,
        "value": None if value is None else _text(value),
    }


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
