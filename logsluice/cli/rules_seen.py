"""What `logsluice rules suggest` learns from: files, the console's store, or a topic."""

from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import click

from consumer.kafka.reader import records_now
from consumer.settings import Settings
from files.labelled import Reading, opened
from logsluice.cli.progress import Progress
from pipeline.bundle import Bundle
from pipeline.embedding import load_embedding_tier
from pipeline.recogniser import Recogniser
from training.suggesting.from_file import gather_file
from training.suggesting.gathering import Gathering, labelled_by
from training.suggesting.seen import Seen, long_enough
from training.suggesting.suggest import changed
from training.suggesting.suggestion import Suggestion

DAY_MS = 86_400_000


class Found(NamedTuple):
    """What was seen, and within how many days; None where that is not known."""

    seen: list[Seen]
    days: float | None


def from_files(paths: Sequence[Path], reading: Reading, bundle: Bundle) -> Found:
    """Count the events of files.

    Raises:
        InputFileError: one cannot be used.
    """
    to, recogniser = Gathering(), Recogniser(bundle.rules)
    for path in paths:
        with opened(path) as (stream, name):
            gather_file(stream, name, reading, recogniser, to)
    return Found(to.seen(), None)


def with_labels(found: Found, bundle: Bundle, sure: float, shown: Progress) -> Found:
    """Return what was seen, with the bundle's labels on what has none. Takes a millisecond for each such template."""
    if all(each.label or each.now for each in found.seen):
        return found
    shown.step("labelling what has no label")
    return found._replace(seen=labelled_by(found.seen, load_embedding_tier(bundle), sure))


def with_changes(suggested: Sequence[Suggestion], found: Found, bundle: Bundle) -> list[Suggestion]:
    """Return suggestions with the labels that would change, where what was seen does not say what it gets now."""
    places = {place for each in suggested for place in each.places if not found.seen[place].now}
    if not places:
        return [*suggested]
    embedding = load_embedding_tier(bundle)
    templates = sorted({found.seen[place].template for place in places})
    labels = dict(zip(templates, (each.label for each in embedding.label(templates)), strict=True))
    return [changed(each, found.seen, labels) for each in suggested]


def from_store(path: Path, sure: float) -> Found:
    """Read the store of a console.

    Raises:
        StoreError: it cannot be read.
    """
    from console.store.schema import open_checked_reader
    from console.store.seen import seen_in_store, span_days

    with closing(open_checked_reader(path)) as connection:
        return Found(seen_in_store(connection, sure), long_enough(span_days(connection)))


def from_topic(settings: Settings, topic: str, since_ms: int | None, sure: float, bundle: Bundle) -> Found:
    """Read a labelled topic and what people have said.

    Raises:
        BrokerError: the broker cannot be reached, refuses us, or has no such topic.
    """
    from console.store.labelled import labelled_reader
    from logsluice.cli.verdicts import read_verdicts

    said = {
        (key.template, key.source): value.label
        for key, value in read_verdicts(settings).items()
        if key.by == "person" and value.label in bundle.labels
    }
    to, read = Gathering(), labelled_reader(settings.source_field)
    first_ms, last_ms, others = 1 << 62, 0, 0
    for message in chain.from_iterable(records_now(settings, topic, since_ms)):
        event = read(message.value() or b"")
        if event is None:
            others += 1
            continue
        says = event.classification
        to.add_published(
            says.template, event.source, says.label, says.tier, says.rule or "", says.confidence, sure
        )
        time_ms = message.timestamp()[1]
        first_ms, last_ms = min(first_ms, time_ms), max(last_ms, time_ms)
    if others:
        click.echo(f"{others:,} records of {topic} are no labelled events, and are left out", err=True)
    return Found(to.seen(said), long_enough((last_ms - first_ms) / DAY_MS))
