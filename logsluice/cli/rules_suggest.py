"""``logsluice rules suggest``: rules for what labelled events have in common."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.settings import command_settings
from logsluice.cli.times import Time

if TYPE_CHECKING:
    from files.labelled import Reading
    from logsluice.cli.rules_seen import Found
    from training.suggesting.suggestion import Suggestion


@click.command()
@click.argument(
    "data",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@reading_options(labels=True)
@click.option(
    "--store",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Learn from the store of a console, LOGSLUICE_CONSOLE__STORE.",
)
@click.option("--topic", help="Learn from a labelled topic, and from what people said in the verdicts topic.")
@click.option("--since", type=Time(), help="Of the topic, events since then only: 2h, 7d, 2026-01-31T12:00.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="How sure the labels that a rule rests on are at least, in the mean; a person's label is 1.",
)
@click.option(
    "--min-events",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many events a rule must decide, beyond the rules there are and those suggested before it.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many rules to suggest."
)
@click.option(
    "--sure",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="Confidence from which a label of the bundle or an LLM counts as right; of what a file does not label too.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the entries to this file, a rules.yaml by itself; default: standard output.",
)
def suggest(
    data: tuple[Path, ...],
    reading: "Reading",
    store: Path | None,
    topic: str | None,
    since: int | None,
    min_confidence: float,
    min_events: int,
    limit: int,
    sure: float,
    as_json: bool,
    output: Path | None,
) -> None:
    """Suggest rules for what labelled events have in common: words that stand in events of one label alone.

    Learns from files, with a column of labels or without one, from a console's store, or from a labelled topic. A
    person decides: look at the rules, and put those that you want into the rules.yaml of a bundle. The format, the
    encoding and the columns are those of files.
    """
    if sum(map(bool, (data, store, topic))) != 1:
        raise click.UsageError("name one thing to learn from: FILE, --store or --topic")
    if since is not None and topic is None:
        raise click.UsageError("--since goes with --topic")
    settings = command_settings()
    with progress() as shown:
        from consumer.errors import ConsumerError
        from logsluice.cli import rules_seen
        from logsluice.cli.labels import bundle_of
        from logsluice.cli.report_files import require_directory, write
        from training.suggesting.corpus import corpus_of
        from training.suggesting.entries import as_json_line, entries
        from training.suggesting.suggest import Wanted, suggest

        require_directory(output)
        bundle = bundle_of(settings)
        if store is not None:
            found = rules_seen.from_store(store, sure)
        elif topic is not None:
            found = rules_seen.from_topic(settings, topic, since, sure, bundle)
        else:
            found = rules_seen.with_labels(rules_seen.from_files(data, reading, bundle), bundle, sure, shown)
        if not found.seen:
            raise ConsumerError(f"{topic or store or ' '.join(map(str, data))} has no event to learn from")
        shown.step("looking for rules")
        labels = tuple(bundle.manifest.labels)
        wanted = Wanted(min_confidence, min_events, limit)
        suggested = suggest(found.seen, corpus_of(labels), bundle.rules, labels, wanted)
        suggested = rules_seen.with_changes(suggested, found, bundle)
    lines = (as_json_line(each, found.days) for each in suggested)
    text = "".join(lines) if as_json else entries(suggested, found.days)
    if output is not None:
        write(output, text.encode())
    else:
        click.echo(text, nl=False)
    click.echo(_summary(suggested, found), err=True)


def _summary(suggested: "list[Suggestion]", found: "Found") -> str:
    from training.suggesting.entries import count_of

    labelled = sum(1 for each in found.seen if each.label)
    events = sum(each.events for each in found.seen)
    decided = sum(each.events for each in suggested)
    undecided = sum(each.events for each in found.seen if not each.rule)
    return (
        f"{count_of(len(suggested), 'rule')} for {decided:,} of {count_of(undecided, 'event')} that no rule decides; "
        f"seen: {count_of(len(found.seen), 'template')} with {count_of(events, 'event')}, {labelled:,} of them labelled"
    )
