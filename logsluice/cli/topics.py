"""``logsluice topics``: make the topics that logsluice needs."""

import click

from consumer.kafka.topics import create_topics
from logsluice.cli.settings import command_settings


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
    create_topics(command_settings(), partitions, replication, max_message_bytes, click.echo)
