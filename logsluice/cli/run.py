"""``logsluice run``: the service."""

from typing import Literal

import click

from logsluice.cli.settings import command_settings


@click.command()
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
    settings = command_settings()
    from consumer import service  # it loads ONNX Runtime, which a wrong setting need not wait for

    service.run(settings, lanes=lane)
