"""The command line: one entry point, one file for each command, and exit codes that scripts can rely on."""

import gc
import sys
from importlib import import_module
from typing import Any

import click

from consumer.errors import EXIT_BUNDLE, EXIT_FAILED, ConsumerError
from consumer.garbage import YOUNG
from logsluice import __version__
from logsluice.cli.extras import missing_extra
from pipeline.errors import BundleError, PipelineError

COMMANDS = {
    "run": "Consume raw events and publish labelled ones.",
    "demo": "Label a sample stream on an embedded broker.",
    "classify": "Label a CSV, JSON or plain-text file, or - for standard input.",
    "explain": "Say why MESSAGE has its label, tier by tier.",
    "discover": "Find out what is in a heap of logs: its templates, in clusters of those that mean something similar.",
    "serve": "Label files, and look at and correct what is labelled, in a browser or over HTTP.",
    "check": "Check settings, bundle, broker, topics and LLM, a line each.",
    "topics": "Make the topics that logsluice needs.",
    "tail": "Follow the labelled events in a terminal, until Ctrl-C.",
    "dead": "List dead letters.",
    "replay": "Send dead letters back to the topics they came from.",
    "relabel": "Label past events again by another bundle, into a topic of their own.",
    "correct": "Give log lines like LINE a label by hand.",
    "verdicts": "List what the LLM and people have said of templates.",
    "corpus": "Turn corrections into labelled rows, for `logsluice train --with` and `logsluice evaluate`.",
    "train": "Train a bundle from labelled files, from the built-in corpus, or from both.",
    "evaluate": "Judge a bundle by a file whose labels are right.",
    "promote": "Put the bundle NEW in the place of the one in use, if it is not worse beyond noise.",
    "rules": "Have rules suggested, try a rules file on events, and copy the bundle that rules are added to.",
    "compare": "Compare classifiers on labelled files, on the built-in corpus, or on both.",
}
"""Each command, and what `logsluice --help` says of it. It is in the module of its name."""


class _Group(click.Group):
    """Imports a command when it is used, and turns every error raised on purpose into its sentence and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"logsluice.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConsumerError as error:
            _fail(str(error), error.exit_code)
        except BundleError as error:
            _fail(str(error), EXIT_BUNDLE)
        except PipelineError as error:
            _fail(str(error), EXIT_FAILED)
        except ModuleNotFoundError as error:
            sentence = missing_extra(error)
            if sentence is None:
                raise
            _fail(sentence, EXIT_FAILED)


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
    gc.set_threshold(YOUNG)  # most of what a command loads stays: scanning it takes a tenth of its start
