"""``logsluice rules``: have rules suggested, and try a rules file on events."""

import click

from logsluice.cli.rules_copy import copy
from logsluice.cli.rules_suggest import suggest
from logsluice.cli.rules_test import test


@click.group()
def rules() -> None:
    """Have rules suggested, try a rules file on events, and copy the bundle that rules are added to."""


for command in (suggest, test, copy):
    rules.add_command(command)
