"""``logsluice correct`` and ``logsluice verdicts``: what people say of a template, and what is known."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.errors import BrokerError, ConsumerError
from consumer.kafka.delivery import Delivery
from consumer.kafka.reader import TopicReader, require_topic
from consumer.records.outgoing import OutgoingRecord
from consumer.records.verdict import (
    VerdictKey,
    VerdictValue,
    now_ms,
    read_verdict,
    taxonomy_of,
    verdict_record,
)
from consumer.settings import Settings
from consumer.telemetry.health import Health
from files.terminal import printable
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from pipeline.masking import mask
from pipeline.memory import ANY_SOURCE, Remembered, VerdictMemory
from pipeline.verdict import UNCLASSIFIED

Known = dict[VerdictKey, VerdictValue]


def correct(
    settings: Settings, text: str, source: str | None, label: str | None, forget: bool, yes: bool
) -> None:
    """Publish a person's verdict on a template, or with ``forget`` take it back, after showing what changes.

    ``text`` is a template or a line of the kind; without ``source`` the verdict holds for every source.

    Raises:
        ConsumerError: the label is not in the taxonomy, or there is nothing to forget.
        BrokerError: the verdicts topic cannot be read or written.
    """
    bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
    taxonomy, template = taxonomy_of(bundle), mask(text)
    if label is not None and label not in bundle.labels:
        raise ConsumerError(
            f"{label!r} is not a label of {bundle.version}; there are: {', '.join(bundle.labels)}"
        )
    known = read_verdicts(settings)
    key = VerdictKey(taxonomy, source or ANY_SOURCE, template, "person")
    # Whatever taxonomy it was said under.
    same = [
        each for each in known if (each.source, each.template, each.by) == (key.source, template, "person")
    ]
    if forget and not same:
        raise ConsumerError(
            f"nobody has corrected {printable(template)!r} for {_of(key.source)}: see `logsluice verdicts --by person`"
        )

    memory = _memory(known)
    cascade = load_cascade(bundle, memory)
    event = Event(source or "", text)
    before = cascade.label([event])[0]
    if forget:
        memory.forget(template, key.source, "person")
    else:
        memory.put(template, key.source, Remembered(label or UNCLASSIFIED, 1.0, "person", now_ms()))
    after = cascade.label([event])[0]

    console = Console()
    console.print(Text.assemble("template  ", (printable(template), "bold")))
    console.print(Text(f"source    {_of(key.source)}"))
    console.print(Text(f"now       {before.label}, by {before.tier}{_guess(before.best_guess)}"))
    console.print(Text(f"then      {after.label}, by {after.tier}{_guess(after.best_guess)}"))
    if not yes and not click.confirm("Publish this to every replica?", default=True):
        raise ConsumerError("nothing was changed")
    if forget:
        records = [verdict_record(settings.verdicts_topic, each, None) for each in same]
    else:
        value = VerdictValue(label or UNCLASSIFIED, 1.0, "person", 2, now_ms(), getpass.getuser())
        records = [verdict_record(settings.verdicts_topic, key, value)]
    _publish(settings, records)
    console.print(f"Published to {settings.verdicts_topic}; replicas follow within a second.")


def list_verdicts(
    settings: Settings,
    search: str | None,
    source: str | None,
    label: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Print what the verdicts topic holds, the newest last; filters narrow it.

    Raises:
        BrokerError: the topic cannot be read.
    """
    wanted = [
        (key, value)
        for key, value in sorted(read_verdicts(settings).items(), key=lambda item: item[1].at_ms)
        if (search is None or search.lower() in key.template.lower())
        and (source is None or key.source == source)
        and (label is None or value.label == label)
        and (by is None or key.by == by)
    ]
    if as_json:
        for key, value in wanted:
            row = {**msgspec.structs.asdict(key), **msgspec.structs.asdict(value)}
            click.echo(msgspec.json.encode(row).decode())
        return
    table = Table(box=None, pad_edge=False)
    for name in ("when", "by", "source", "label", "template"):
        table.add_column(
            name, overflow="fold" if name == "template" else "ellipsis", no_wrap=name != "template"
        )
    for key, value in wanted:
        when = datetime.fromtimestamp(value.at_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        author = printable(value.author) or value.by
        table.add_row(when, author, Text(_of(key.source)), Text(value.label), Text(printable(key.template)))
    Console().print(table)
    click.echo(f"{len(wanted):,} {'verdict' if len(wanted) == 1 else 'verdicts'}", err=True)


def read_verdicts(settings: Settings) -> Known:
    """Return what the verdicts topic holds by now.

    Raises:
        BrokerError: the broker does not answer, or has no such topic.
    """
    require_topic(settings, settings.verdicts_topic)
    known: Known = {}
    reader = TopicReader(settings, settings.verdicts_topic)
    try:
        reader.start()
        while not reader.at_end:
            for key, value, is_tombstone in map(read_verdict, reader.read(0.2)):
                if key is not None and value is not None:
                    known[key] = value
                elif key is not None and is_tombstone:
                    known.pop(key, None)
    finally:
        reader.close()
    return known


def _memory(known: Known) -> VerdictMemory:
    memory = VerdictMemory()
    for key, value in known.items():
        memory.put(key.template, key.source, Remembered(value.label, value.confidence, key.by, value.at_ms))
    return memory


def _publish(settings: Settings, records: Sequence[OutgoingRecord]) -> None:
    tried = iter(range(60))  # seconds
    delivery = Delivery(settings, Health(), lambda: next(tried, None) is None)
    for record in records:
        delivery.send(record)
    if delivery.flush():
        raise BrokerError(
            f"{settings.verdicts_topic} refuses the verdict for its size: raise its max.message.bytes"
        )


def _of(source: str) -> str:
    return "every source" if source == ANY_SOURCE else printable(source) or "(no source)"


def _guess(best_guess: str | None) -> str:
    return f" (best guess {best_guess})" if best_guess else ""
