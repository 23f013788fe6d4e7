"""The command line: one entry point, and exit codes that scripts can rely on."""

import sys
from pathlib import Path
from typing import Any

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
    type=click.Choice(["both", "fast"]),
    default="both",
    show_default=True,
    help="Which lanes to run.",
)
def run(lane: str) -> None:
    """Consume raw events and publish labelled ones, until SIGTERM or SIGINT.

    The batch at hand is finished and committed before the process leaves the group and exits with 0.
    """
    from consumer import service

    service.run(_settings())


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
def classify(
    source: str,
    output: Path | None,
    file_format: str | None,
    source_column: str | None,
    message_column: str,
    bundle: Path | None,
    encoding: str | None,
) -> None:
    """Label a CSV, JSON Lines or plain-text file, or - for standard input.

    The columns of the input are kept, and target_label, confidence, tier, rule and best_guess follow them.
    """
    from consumer import classify as classification

    settings = _settings(**({"bundle": bundle} if bundle else {}))
    destination = None if output == Path("-") else output
    classification.classify(
        settings, source, destination, file_format, source_column, message_column, encoding
    )


@main.command()
def check() -> None:
    """Check settings, bundle, broker, topics and LLM, a line each; exit with 0 only if all hold."""
    from consumer import check as checks

    sys.exit(checks.check())


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
        training.train(data, with_corpus, output, taxonomy, rules, routes, precision, seed, fine_tune)
