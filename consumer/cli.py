"""The command line: one entry point, and exit codes that scripts can rely on."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from consumer import __version__
from consumer.errors import EXIT_BUNDLE, EXIT_FAILED, ConsumerError
from consumer.log import configure_logging
from consumer.settings import Settings, read_settings
from pipeline.errors import BundleError, PipelineError


class _Group(click.Group):
    """Turns every error that is raised on purpose into its sentence and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConsumerError as error:
            _fail(str(error), error.exit_code)
        except BundleError as error:
            _fail(str(error), EXIT_BUNDLE)
        except PipelineError as error:
            _fail(str(error), EXIT_FAILED)


def _fail(message: str, code: int) -> None:
    click.echo("\n".join(f"logsluice: {line}" for line in message.splitlines()), err=True)
    sys.exit(code)


def _settings(**overrides: Any) -> Settings:
    settings = read_settings(**overrides)
    configure_logging(settings.log_format, settings.log_level)
    return settings


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from LOGSLUICE_... variables, .env and secret files; README.md has the table. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 settings invalid, 4 broker unreachable or topics "
    "missing, 5 bundle invalid.",
)
@click.version_option(__version__, prog_name="logsluice")
def main() -> None:
    """Label every log event in a Kafka topic by what it means."""


@main.command()
@click.option(
    "--lane",
    type=click.Choice(["both", "fast", "slow"]),
    default="both",
    show_default=True,
    help="Which lanes to run: fast labels raw events, slow asks the LLM about those that wait for it.",
)
def run(lane: Literal["both", "fast", "slow"]) -> None:
    """Consume raw events and publish labelled ones, until SIGTERM or SIGINT.

    The batch at hand is finished and committed before the process leaves the group and exits with 0.
    """
    from consumer import service

    service.run(_settings(), lanes=lane)


@main.command()
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=30, show_default=True, help="How long to run."
)
@click.option(
    "--rate", type=click.IntRange(min=1, max=20_000), default=200, show_default=True, help="Events a second."
)
def demo(seconds: float, rate: int) -> None:
    """Label a sample stream on an embedded broker: a live table of labels, then a summary that adds up."""
    from consumer import demo as demonstration

    configure_logging("auto", "warning")
    demonstration.demo(seconds, rate)


@main.command()
@click.argument("source", metavar="INPUT", type=click.Path(allow_dash=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write; default, and -: standard output.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "jsonl", "text"]),
    help="Default: by the name of the file, and by its first line for -.",
)
@click.option(
    "--source-column", help="Column or member that names the source; default: source, if there is one."
)
@click.option(
    "--message-column",
    default="log_message",
    show_default=True,
    help="Column or member that holds the message.",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="A model bundle; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--encoding",
    help="Encoding of the file; default: UTF-8 or what its byte order mark says, else Windows-1252.",
)
@click.option(
    "--llm",
    is_flag=True,
    help="Ask the LLM of the settings about what no tier is sure of, each template once, within its budget.",
)
def classify(
    source: str,
    output: Path | None,
    file_format: str | None,
    source_column: str | None,
    message_column: str,
    bundle: Path | None,
    encoding: str | None,
    llm: bool,
) -> None:
    """Label a CSV, JSON Lines or plain-text file, or - for standard input.

    The columns of the input are kept, and target_label, confidence, tier, rule and best_guess follow them.
    """
    from consumer import classify as classification

    settings = _settings(**({"bundle": bundle} if bundle else {}))
    destination = None if output == Path("-") else output
    classification.classify(
        settings, source, destination, file_format, source_column, message_column, encoding, llm
    )


@main.command()
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
    from consumer import tail as following

    if from_beginning and last:
        raise click.UsageError("--from-beginning and --last exclude each other")
    if min_confidence > max_confidence:
        raise click.UsageError("--min-confidence is above --max-confidence: no event is both")
    settings = _settings()
    wanted = following.Wanted(
        frozenset(labels), frozenset(tiers), frozenset(sources), min_confidence, max_confidence
    )
    following.tail(
        settings, topic or settings.output_topic, wanted, None if from_beginning else last, as_json
    )


@main.command()
def check() -> None:
    """Check settings, bundle, broker, topics and LLM, a line each; exit with 0 only if all hold."""
    from consumer import check as checks

    sys.exit(checks.check())


@main.command()
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
    from consumer import correct as correction

    if (label is None) != forget:
        raise click.UsageError("give --label, or --forget to take a correction back")
    correction.correct(_settings(), text, source, label, forget, yes)


@main.command()
@click.option("--search", help="Only templates that contain this.")
@click.option("--source", help="Only verdicts on this source; * is for those on every source.")
@click.option("--label", help="Only verdicts with this label.")
@click.option("--by", type=click.Choice(["person", "model"]), help="Only verdicts by people, or by models.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def verdicts(
    search: str | None, source: str | None, label: str | None, by: str | None, as_json: bool
) -> None:
    """List what the LLM and people have said of templates, the newest last."""
    from consumer import correct as correction

    correction.list_verdicts(_settings(), search, source, label, by, as_json)


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


@main.group(invoke_without_command=True)
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
    from consumer import letters

    if context.invoked_subcommand is None:
        wanted = letters.Filter(reasons, source, topic, letters.read_time(since), letters.read_time(until))
        letters.list_letters(_settings(), wanted, limit, as_json)


@dead.command()
@click.argument("event_id", metavar="EVENT")
def show(event_id: str) -> None:
    """Show all of the dead letter of EVENT, as `logsluice dead` names it: topic-partition-offset."""
    from consumer import letters

    letters.show_letter(_settings(), event_id)


@main.command()
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
    from consumer import letters

    wanted = letters.Filter(reasons, source, topic, letters.read_time(since), letters.read_time(until))
    letters.replay(_settings(), wanted, max_attempts, rate, dry_run, yes)


@main.group()
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
    from consumer import topics as creation

    creation.create_topics(_settings(), partitions, replication, max_message_bytes, click.echo)


@main.command()
@click.argument(
    "data", nargs=-1, metavar="[CSV]...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the new bundle.",
)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Train on the built-in corpus too; default: only if no CSV is given.",
)
@click.option(
    "--taxonomy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML file of labels and what they mean, for the LLM.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False),
    help="rules.yaml of the bundle; default: the built-in one with the corpus, else none.",
)
@click.option(
    "--routes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="routes.yaml of the bundle; default: likewise.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    default=0.9,
    show_default=True,
    help="What share of the labels shall be right; chooses the threshold.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same predictions."
)
@click.option(
    "--fine-tune",
    is_flag=True,
    help="Let the encoder learn from the rows too: better labels, for a minute or so per 1,000 rows.",
)
@click.option(
    "--second-opinion",
    is_flag=True,
    help="Let a label stand only where a second model gives the same: fewer labels, more of them right.",
)
@click.option(
    "--seal",
    is_flag=True,
    help="Train nothing: write the manifest of OUTPUT anew, after its rules or routes were edited.",
)
def train(
    data: tuple[Path, ...],
    output: Path,
    corpus: bool | None,
    taxonomy: Path | None,
    rules: Path | None,
    routes: Path | None,
    precision: float,
    seed: int,
    fine_tune: bool,
    second_opinion: bool,
    seal: bool,
) -> None:
    """Train a bundle from CSV files, from the built-in corpus, or from both.

    A CSV has the columns log_message and target_label, and source if there is one. Any labels will do, each
    with three different messages at the very least; dozens are better.
    """
    from consumer import training

    if seal:
        training.seal(output)
    else:
        with_corpus = corpus if corpus is not None else not data
        training.train(
            data, with_corpus, output, taxonomy, rules, routes, precision, seed, fine_tune, second_opinion
        )


@main.command()
@click.argument(
    "labelled", metavar="LABELLED.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle to judge; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another bundle to put beside it, with the events whose label changes.",
)
@click.option(
    "--tiers",
    type=click.Choice(["all", "embedding"]),
    default="all",
    show_default=True,
    help="What publishes: rules and embedding, by the bundle's routes, or the embedding tier alone.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write everything to this file as JSON.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with plots to this file; it needs no other file.",
)
@click.option("--source-column", help="Column that names the source; default: source, if there is one.")
@click.option(
    "--message-column", default="log_message", show_default=True, help="Column that holds the message."
)
@click.option("--label-column", help="Column of the true labels; default: target_label, else label.")
@click.option(
    "--lines-column",
    help="Column that says how many lines a row stands for; default: count or occurrences, if there is one.",
)
@click.option("--encoding", help="Encoding of the file; default: as for classify.")
def evaluate(
    labelled: Path,
    bundle: Path | None,
    against: Path | None,
    tiers: Literal["all", "embedding"],
    json_file: Path | None,
    html_file: Path | None,
    source_column: str | None,
    message_column: str,
    label_column: str | None,
    lines_column: str | None,
    encoding: str | None,
) -> None:
    """Judge a bundle by a CSV file whose labels are right.

    Prints accuracy, F1, calibration and how much can be answered at which precision, of the model alone and of
    what would be published; by label, tier and source, by template and by line.
    """
    from consumer import evaluate as evaluation
    from consumer.labelled import Columns

    settings = _settings(**({"bundle": bundle} if bundle else {}))
    columns = Columns(source_column, message_column, label_column, lines_column)
    evaluation.evaluate(settings, labelled, columns, encoding, against, json_file, html_file, tiers)


@main.command()
@click.argument(
    "data", nargs=-1, metavar="[CSV]...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--corpus/--no-corpus",
    default=None,
    help="Compare on the built-in corpus too; default: only if no CSV is given.",
)
@click.option(
    "--sample", type=click.IntRange(min=10), help="Use so many templates at most, drawn at random; quicker."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same data and seed give the same figures."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file as JSON.",
)
def compare(
    data: tuple[Path, ...], corpus: bool | None, sample: int | None, seed: int, json_file: Path | None
) -> None:
    """Compare classifiers on CSV files, on the built-in corpus, or on both.

    Each is judged on systems that it has not learnt from: folds are grouped by source, and by kind of system in
    the corpus. A CSV has the columns that train needs.
    """
    from consumer import compare as comparison

    if not data and corpus is False:
        raise click.UsageError("there is nothing to compare on: name a CSV file, or leave out --no-corpus")
    comparison.run(data, corpus if corpus is not None else not data, sample, seed, json_file)
