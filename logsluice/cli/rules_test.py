"""``logsluice rules test``: what the rules of a file take of events."""

import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer.errors import EXIT_FAILED
from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.settings import command_settings
from logsluice.cli.times import Time

if TYPE_CHECKING:
    from consumer.settings import Settings
    from files.labelled import Reading
    from pipeline.recogniser import Recogniser
    from training.suggesting.taking import Taken, Taking

_EXAMPLE_CHARS = 60
_PIPE_CHARS = 1_000  # what is not read on a screen is not folded before


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument(
    "data",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@reading_options(labels=False)
@click.option("--topic", help="Events of this labelled topic, instead of a file's.")
@click.option("--since", type=Time(), help="Of the topic, events since then only: 2h, 7d, 2026-01-31T12:00.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, one for each rule.")
def test(
    rules: Path,
    data: tuple[Path, ...],
    reading: "Reading",
    topic: str | None,
    since: int | None,
    as_json: bool,
) -> None:
    """Try the rules file RULES: on its own examples, and on the events of files or of a labelled topic.

    Shows what each rule takes, what the bundle says of those events now, which rules never match, and which are
    shadowed by earlier ones. Exits with 1 where a rule's own match or no_match fails, and where there is no rule or no
    event. The format, the encoding and the columns are those of files.
    """
    if data and topic is not None:
        raise click.UsageError("name files or --topic, not both")
    if since is not None and topic is None:
        raise click.UsageError("--since goes with --topic")
    settings = command_settings()
    has_events = bool(data) or topic is not None
    with progress() as shown:
        from consumer.errors import ConsumerError
        from logsluice.cli.labels import bundle_of
        from pipeline.recogniser import Recogniser
        from pipeline.rules import parse_rules
        from training.suggesting.taking import Taking

        bundle = bundle_of(settings)
        parsed = parse_rules(rules.read_bytes(), rules, tuple(bundle.manifest.labels), check_examples=False)
        if not parsed.rules:
            raise ConsumerError(f"{rules} has no rules")
        problems = [*parsed.example_problems()]
        taking, recogniser = Taking(parsed), Recogniser(bundle.rules)
        now: dict[str, str] = {}
        if topic is not None:
            _count_topic(settings, topic, since, taking, now)
        for path in data:
            _count_file(path, reading, recogniser, taking, now)
        missing = sorted(taking.templates - now.keys())
        if missing:
            from pipeline.embedding import load_embedding_tier

            shown.step("labelling", len(missing))
            embedding = load_embedding_tier(bundle)
            now |= {each.template: each.label for each in embedding.label(missing, shown.advance)}
        if has_events and not taking.events:
            raise ConsumerError(f"{topic or ' '.join(map(str, data))} has no event to try the rules on")
    _print(taking.taken(now), has_events, as_json)
    for problem in problems:
        click.echo(problem, err=True)
    examples = f"{len(problems):,} examples fail" if len(problems) != 1 else "1 example fails"
    of_events = f"; {taking.decided:,} of {taking.events:,} events taken" if has_events else ""
    click.echo(
        f"{len(parsed.rules):,} rules; {examples if problems else 'all examples hold'}{of_events}", err=True
    )
    if problems:
        sys.exit(EXIT_FAILED)


def _count_file(
    path: Path, reading: "Reading", recogniser: "Recogniser", taking: "Taking", now: dict[str, str]
) -> None:
    from files.columns import LINES_NAMES
    from files.formats import open_table
    from files.labelled import lines_of, opened

    with opened(path) as (stream, name):
        table = open_table(stream, name, reading.columns, reading.format, reading.encoding)
        lines = table.cell(None, LINES_NAMES, "--lines-column", needed=False)
        for batch in table.batches():
            recognised = recogniser.recognise([event for event, _, _ in batch])
            for (event, kept, number), (rule, template) in zip(batch, recognised, strict=True):
                if rule is not None:
                    now[template] = rule.label
                taking.add(event, template, lines_of(lines(kept), name, number) if lines is not None else 1)


def _count_topic(
    settings: "Settings", topic: str, since: int | None, taking: "Taking", now: dict[str, str]
) -> None:
    from console.store.labelled import labelled_reader
    from consumer.kafka.reader import records_now
    from pipeline.event import Event

    read = labelled_reader(settings.source_field, settings.message_field, with_messages=True)
    for message in chain.from_iterable(records_now(settings, topic, since)):
        found = read(message.value() or b"")
        if found is not None:
            now[found.classification.template] = found.classification.label
            taking.add(Event(found.source, found.message), found.classification.template)


def _print(taken: "list[Taken]", has_events: bool, as_json: bool) -> None:
    import msgspec
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    from files.terminal import printable
    from logsluice.cli.report_files import standard_output

    if as_json:
        for each in taken:
            line = msgspec.to_builtins(each) | ({"outcome": each.outcome} if has_events else {})
            click.echo(msgspec.json.encode(line).decode())
        return
    if not has_events:
        return
    table = Table(box=None, pad_edge=False)
    widest = {"rule": max(len(printable(each.name)) for each in taken)}
    widest["label"] = max(len(printable(each.label)) for each in taken)
    for name in ("rule", "label", "events", "templates", "labels now", "shadowed by", "example"):
        table.add_column(
            name,
            justify="right" if name in ("events", "templates") else "left",
            # Whoever looks for a rule or a label finds it on one line; the example is cut, being the widest.
            no_wrap=name not in ("labels now", "shadowed by", "example"),
            overflow="fold",
            min_width=widest.get(name, len(name)),
        )
    for each in taken:
        table.add_row(
            Text(printable(each.name)),
            Text(printable(each.label)),
            f"{each.events:,}" if each.events else each.outcome,
            f"{each.templates:,}",
            Text(_counts(each.labels_now)),
            Text(_counts(each.shadowed_by)),
            Text(
                printable(each.examples[0], _EXAMPLE_CHARS) if each.examples else "",
                no_wrap=True,
                overflow="ellipsis",
            ),
        )
    console = standard_output()
    if not console.is_terminal:
        wide = console.options.update(max_width=_PIPE_CHARS)
        console.width = max(console.width, Measurement.get(console, wide, table).maximum)
    console.print(table)


def _counts(events: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in events.items())
