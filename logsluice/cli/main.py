"""The command line: one entry point, and exit codes that scripts can rely on."""

import sys
from pathlib import Path
from typing import Any, Literal

import click

from consumer.errors import EXIT_BUNDLE, EXIT_FAILED, ConsumerError
from consumer.log import configure_logging
from logsluice import __version__
from logsluice.cli import model_commands, topic_commands
from logsluice.cli.settings import command_settings
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

    service.run(command_settings(), lanes=lane)


@main.command()
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=30, show_default=True, help="How long to run."
)
@click.option(
    "--rate", type=click.IntRange(min=1, max=20_000), default=200, show_default=True, help="Events a second."
)
def demo(seconds: float, rate: int) -> None:
    """Label a sample stream on an embedded broker: a live table of labels, then a summary that adds up."""
    from logsluice.cli import demo as demonstration

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
    from logsluice.cli import classify as classification

    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    destination = None if output == Path("-") else output
    classification.classify(
        settings, source, destination, file_format, source_column, message_column, encoding, llm
    )


@main.command()
def check() -> None:
    """Check settings, bundle, broker, topics and LLM, a line each; exit with 0 only if all hold."""
    from logsluice.cli import check as checks

    sys.exit(checks.check())


for command in (
    topic_commands.tail,
    topic_commands.dead,
    topic_commands.replay,
    topic_commands.correct,
    topic_commands.verdicts,
    topic_commands.topics,
    model_commands.train,
    model_commands.evaluate,
    model_commands.compare,
):
    main.add_command(command)
