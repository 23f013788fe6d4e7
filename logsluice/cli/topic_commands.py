"""The commands about what lies in topics: look at it, correct it, send it back."""

from collections.abc import Callable

import click

from logsluice.cli.settings import command_settings


@click.command()
@click.option("--label", "labels", multiple=True, help="Only events with this label; may be given again.")
@click.option("--source", "sources", multiple=True, help="Only events of this source; may be given again.")
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    type=click.Choice(["rules", "memory", "embedding", "llm", "none"]),
    help="Only events that this tier decided; may be given again.",
)
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1), default=0.0, help="Only events at least so sure."
)
@click.option(
    "--max-confidence", type=click.FloatRange(0, 1), default=1.0, help="Only events at most so sure."
)
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest events, not with the next.")
@click.option(
    "--last", type=click.IntRange(min=0), default=0, help="Begin with so many events of each partition."
)
@click.option("--topic", help="Topic to follow; default: LOGSLUICE_OUTPUT_TOPIC.")
@click.option("--json", "as_json", is_flag=True, help="Print each event whole, as one line of JSON.")
def tail(
    labels: tuple[str, ...],
    sources: tuple[str, ...],
    tiers: tuple[str, ...],
    min_confidence: float,
    max_confidence: float,
    from_beginning: bool,
    last: int,
    topic: str | None,
    as_json: bool,
) -> None:
    """Follow the labelled events in a terminal, until Ctrl-C; no consumer group takes note.

    An Unclassified event has its best guess beside it, and the confidence is that of the guess.
    """
    from logsluice.cli import tail as following

    if from_beginning and last:
        raise click.UsageError("--from-beginning and --last exclude each other")
    if min_confidence > max_confidence:
        raise click.UsageError("--min-confidence is above --max-confidence: no event is both")
    settings = command_settings()
    wanted = following.Wanted(
        frozenset(labels), frozenset(tiers), frozenset(sources), min_confidence, max_confidence
    )
    following.tail(
        settings, topic or settings.output_topic, wanted, None if from_beginning else last, as_json
    )


def _which_letters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name dead letters."""
    options = (
        click.option(
            "--reason", "reasons", multiple=True, help="Only those that died of this; may be repeated."
        ),
        click.option("--source", help="Only those whose event names this source."),
        click.option("--topic", help="Only those that came from this topic."),
        click.option("--since", help="Only those written since: 2h, 30m, or 2026-01-31T12:00."),
        click.option("--until", help="Only those written before."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_which_letters
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many to print.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def dead(
    context: click.Context,
    reasons: tuple[str, ...],
    source: str | None,
    topic: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List dead letters: events that could not be decoded, labelled or published."""
    from logsluice.cli import letters

    if context.invoked_subcommand is None:
        wanted = letters.Filter(reasons, source, topic, letters.read_time(since), letters.read_time(until))
        letters.list_letters(command_settings(), wanted, limit, as_json)


@dead.command()
@click.argument("event_id", metavar="EVENT")
def show(event_id: str) -> None:
    """Show all of the dead letter of EVENT, as `logsluice dead` names it: topic-partition-offset."""
    from logsluice.cli import letters

    letters.show_letter(command_settings(), event_id)


@click.command()
@_which_letters
@click.option("--dry-run", is_flag=True, help="Count them and send nothing.")
@click.option(
    "--rate", type=click.IntRange(min=1), default=1_000, show_default=True, help="Letters a second at most."
)
@click.option(
    "--max-attempts",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Leave alone what was replayed so often.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before sending.")
def replay(
    reasons: tuple[str, ...],
    source: str | None,
    topic: str | None,
    since: str | None,
    until: str | None,
    dry_run: bool,
    rate: int,
    max_attempts: int,
    yes: bool,
) -> None:
    """Send dead letters back to the topics they came from, once what killed them is mended.

    The letters stay in the dead-letter topic: to replay none twice, name a time with --since.
    """
    from logsluice.cli import letters

    wanted = letters.Filter(reasons, source, topic, letters.read_time(since), letters.read_time(until))
    letters.replay(command_settings(), wanted, max_attempts, rate, dry_run, yes)


@click.command()
@click.argument("text", metavar="LINE")
@click.option("--label", help="The label that is right; Unclassified is one too.")
@click.option("--source", help="The source that it holds for; default: every source.")
@click.option("--forget", is_flag=True, help="Take a correction back instead.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before publishing.")
def correct(text: str, label: str | None, source: str | None, forget: bool, yes: bool) -> None:
    """Give log lines like LINE a label by hand.

    LINE is a message or a template. What you say outranks every tier, in every replica, from now on; events
    that are already published stay as they are.
    """
    from logsluice.cli import correct as correction

    if (label is None) != forget:
        raise click.UsageError("give --label, or --forget to take a correction back")
    correction.correct(command_settings(), text, source, label, forget, yes)


@click.command()
@click.option("--search", help="Only templates that contain this.")
@click.option("--source", help="Only verdicts on this source; * is for those on every source.")
@click.option("--label", help="Only verdicts with this label.")
@click.option("--by", type=click.Choice(["person", "model"]), help="Only verdicts by people, or by models.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def verdicts(
    search: str | None, source: str | None, label: str | None, by: str | None, as_json: bool
) -> None:
    """List what the LLM and people have said of templates, the newest last."""
    from logsluice.cli import correct as correction

    correction.list_verdicts(command_settings(), search, source, label, by, as_json)


@click.group()
def topics() -> None:
    """Make the topics that logsluice needs."""


@topics.command()
@click.option(
    "--partitions", type=click.IntRange(min=1), default=4, show_default=True, help="Partitions of each topic."
)
@click.option(
    "--replication", type=click.IntRange(min=1), default=None, help="Replicas of each; default: the broker's."
)
@click.option(
    "--max-message-bytes",
    type=click.IntRange(min=1024),
    default=8 << 20,
    show_default=True,
    help="Largest record of each.",
)
def create(partitions: int, replication: int | None, max_message_bytes: int) -> None:
    """Create the five topics that are missing; those that exist are left as they are."""
    from consumer.kafka import topics as creation

    creation.create_topics(command_settings(), partitions, replication, max_message_bytes, click.echo)
