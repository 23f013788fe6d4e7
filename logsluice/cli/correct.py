"""``logsluice correct``: a person's verdict on log lines of a kind."""

import getpass
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from consumer.errors import BrokerError, ConsumerError
from consumer.kafka.one_shot import publish_all
from consumer.records.outgoing import OutgoingRecord
from consumer.records.verdict import (
    VerdictKey,
    now_ms,
    person_verdict,
    remembered,
    taxonomy_of,
    verdict_record,
)
from consumer.settings import Settings
from files.terminal import printable
from logsluice.cli.labels import bundle_of, known_label
from logsluice.cli.settings import command_settings
from logsluice.cli.verdicts import Known, read_verdicts, source_in_words
from pipeline.bundle import Bundle
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.memory import ANY_SOURCE, Remembered, VerdictMemory
from pipeline.verdict import Verdict

DEADLINE_S = 60.0
SHOWN_SOURCES = 20


@click.command()
@click.argument("text", metavar="LINE")
@click.option("--label", help="The label that is right; Unclassified is one too.")
@click.option("--source", help="The source that it holds for; default: every source.")
@click.option("--forget", is_flag=True, help="Take a correction back instead.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before publishing.")
def correct(text: str, label: str | None, source: str | None, forget: bool, yes: bool) -> None:
    """Give log lines like LINE a label by hand.

    LINE is a message or a template. What you say outranks every tier, in every replica, from now on; events
    that are already published stay as they are. What you say of one source outranks what holds for every source.
    """
    if (label is None) != forget:
        raise click.UsageError("give --label, or --forget to take a correction back")
    settings = command_settings()
    bundle = bundle_of(settings)
    if label is not None:
        label = known_label(label, bundle.labels, bundle.version)
    known = read_verdicts(settings)
    key = VerdictKey(taxonomy_of(bundle), source or ANY_SOURCE, mask(text), "person")
    # Whatever taxonomy it was said under.
    same = [
        each for each in known if (each.source, each.template, each.by) == (key.source, key.template, key.by)
    ]
    if forget and not same:
        raise ConsumerError(
            f"nobody has corrected {printable(key.template)!r} for {source_in_words(key.source)}: see "
            "`logsluice verdicts --by person`"
        )
    _preview(bundle, known, key, text, label)
    if not yes and not click.confirm("Publish this to every replica?", default=True):
        raise ConsumerError("nothing was changed")
    if label is None:
        records = [verdict_record(settings.verdicts_topic, each, None) for each in same]
    else:
        value = person_verdict(label, now_ms(), _author())
        records = [verdict_record(settings.verdicts_topic, key, value)]
    _publish(settings, records)
    click.echo(f"Published to {settings.verdicts_topic}; replicas follow within a second.")


def _preview(bundle: Bundle, known: Known, key: VerdictKey, text: str, label: str | None) -> None:
    """Print what lines of the kind are labelled now and then, by source: a verdict may hold for one alone."""
    from pipeline.cascade import load_cascade  # it loads ONNX Runtime

    memory = _memory(known)
    cascade = load_cascade(bundle, memory)
    sources = affected_sources(known, key)
    events = [Event("" if source == ANY_SOURCE else source, text) for source in sources]
    before = cascade.label(events)
    if label is None:
        memory.forget(key.template, key.source, "person")
    else:
        memory.put(key.template, key.source, Remembered(label, 1.0, "person", now_ms()))
    after = cascade.label(events)

    console = Console(soft_wrap=True)
    console.print(Text.assemble("template  ", (printable(key.template), "bold")))
    for source, was, will_be in list(zip(sources, before, after, strict=True))[:SHOWN_SOURCES]:
        console.print(Text(f"source    {_in_words(source, key)}"))
        console.print(Text(f"now       {_said(was)}"))
        console.print(Text(f"then      {_said(will_be)}"))
    if len(sources) > SHOWN_SOURCES:
        console.print(f"and {len(sources) - SHOWN_SOURCES:,} more sources with verdicts of their own")


def affected_sources(known: Known, key: VerdictKey) -> list[str]:
    """Return the sources to show: the one that is meant; of every source also those with a verdict of their own."""
    if key.source != ANY_SOURCE:
        return [key.source]
    own = {each.source for each in known if each.template == key.template and each.source != ANY_SOURCE}
    return [ANY_SOURCE, *sorted(own)]


def _in_words(source: str, key: VerdictKey) -> str:
    if source == ANY_SOURCE or key.source != ANY_SOURCE:
        return source_in_words(source)
    return f"{source_in_words(source)}, which has a verdict of its own"


def _said(verdict: Verdict) -> str:
    guess = f" (best guess {verdict.best_guess})" if verdict.best_guess else ""
    return f"{verdict.label}, by {verdict.tier}{guess}"


def _memory(known: Known) -> VerdictMemory:
    memory = VerdictMemory()
    for key, value in known.items():
        memory.put(key.template, key.source, remembered(key, value))
    return memory


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""


def _publish(settings: Settings, records: Sequence[OutgoingRecord]) -> None:
    refused = publish_all(settings, records, DEADLINE_S)
    if refused:
        raise BrokerError(f"{settings.verdicts_topic} refuses the verdict: {refused[0].why}")
