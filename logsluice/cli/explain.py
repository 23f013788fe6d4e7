"""``logsluice explain``: why an event has its label, tier by tier."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logsluice.cli.settings import command_settings
from pipeline.event import SEVERITIES

if TYPE_CHECKING:
    from consumer.settings import Settings
    from pipeline.explanation import Heard


@click.command()
@click.argument("message")
@click.option(
    "--source", default="", help="What logs it; it matters where a route or a rule is for a source."
)
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES, case_sensitive=False),
    help="What the sender says of it; it matters where a rule is for a severity.",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="A model bundle; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(message: str, source: str, severity: str | None, bundle: Path | None, as_json: bool) -> None:
    """Say why MESSAGE has its label, tier by tier; - reads it from standard input.

    Prints the template and the route, the rules that match and where, what the LLM and people have said (where
    LOGSLUICE_BOOTSTRAP_SERVERS names a broker), the probability of each label, the words that weigh for the label
    and against it, and the nearest templates of the training.
    """
    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    text = _standard_input() if message == "-" else message
    import msgspec

    from logsluice.cli.labels import bundle_of
    from pipeline.event import Event
    from pipeline.explaining import explain as explained
    from pipeline.explaining import load_model

    used = bundle_of(settings)
    heard = _heard(settings, text)
    found = explained(Event(source, text, severity or ""), load_model(used), heard)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    from rich.console import Console

    from logsluice.cli.explained import lines_of

    console = Console(highlight=False, soft_wrap=True)
    for line in lines_of(found):
        console.print(line)


def _standard_input() -> str:
    """Return what standard input holds, as one message; no more of it than is looked at."""
    from pipeline.masking import MASKED_CHARS

    return sys.stdin.buffer.read(4 * MASKED_CHARS).decode("utf-8", "replace").rstrip("\r\n")


def _heard(settings: "Settings", message: str) -> "list[Heard] | None":
    """Return what the verdicts topic says of the template of a message; None, and a warning, where nobody can say."""
    if "bootstrap_servers" not in settings.model_fields_set:
        return None
    from consumer.errors import BrokerError
    from logsluice.cli.verdicts import read_verdicts
    from pipeline.explanation import Heard
    from pipeline.masking import mask

    template = mask(message)
    try:
        known = read_verdicts(settings)
    except BrokerError as error:
        click.echo(f"what people and the LLM have said is left out: {error}", err=True)
        return None
    return [
        Heard(value.label, value.confidence, key.by, value.author, key.source, value.at_ms)
        for key, value in sorted(known.items(), key=lambda item: -item[1].at_ms)
        if key.template == template
    ]
