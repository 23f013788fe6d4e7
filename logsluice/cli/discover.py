"""``logsluice discover``: what is in a heap of logs: its templates in clusters, as a table, as JSON and as a map."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from logsluice.cli.progress import Progress, progress
from logsluice.cli.reading import reading_options
from logsluice.cli.report_files import json_option, require_directory, standard_output, write, write_json
from logsluice.cli.settings import command_settings
from logsluice.cli.times import Time

if TYPE_CHECKING:
    from consumer.settings import Settings
    from files.labelled import Reading
    from pipeline.event import Event
    from training.discovery.heap import Heap

MOST_TEMPLATES = 100_000


@click.command()
@click.argument("source", metavar="[INPUT]", required=False, type=click.Path(allow_dash=True, dir_okay=False))
@click.option("--topic", help="Read this topic instead of a file; no consumer group takes note.")
@click.option("--since", type=Time(), help="With --topic: only records since: 2h, 30m, or 2026-01-31T12:00.")
@reading_options(labels=False)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle to label and embed with; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--most-templates",
    type=click.IntRange(min=1),
    default=MOST_TEMPLATES,
    show_default=True,
    help="Look at so many templates at most, the most frequent ones.",
)
@click.option(
    "--cluster",
    "way",
    type=click.Choice(["hdbscan", "dbscan"]),
    default="hdbscan",
    show_default=True,
    help="By the density of the map, or by a distance of embeddings.",
)
@click.option(
    "--min-templates", type=click.IntRange(min=2), help="Templates of a cluster; default: 5, or a thousandth."
)
@click.option(
    "--eps",
    type=click.FloatRange(0, 2, min_open=True),
    help="With dbscan: the cosine distance up to which templates are neighbours; default: the templates say.",
)
@click.option(
    "--projection",
    "method",
    type=click.Choice(["umap", "tsne", "pca"]),
    help="How the map is made; default: umap where umap-learn is installed, else tsne.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="The same heap and seed give the same map.",
)
@json_option
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the map to this file: one page that needs no other.",
)
def discover(
    source: str | None,
    topic: str | None,
    since: int | None,
    reading: "Reading",
    bundle: Path | None,
    most_templates: int,
    way: Literal["hdbscan", "dbscan"],
    min_templates: int | None,
    eps: float | None,
    method: Literal["umap", "tsne", "pca"] | None,
    seed: int,
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Find out what is in a heap of logs: its templates, in clusters of those that mean something similar.

    INPUT is a CSV, JSON or plain-text file, or - for standard input, as classify takes them. Prints a table of the
    clusters, and writes every template to JSON, or to a page with a map of them. Messages are in none of these.
    """
    if (source is None) == (topic is None):
        raise click.UsageError("name a file, or a topic with --topic: one of the two")
    if since is not None and topic is None:
        raise click.UsageError("--since goes with --topic")
    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    for file in (json_file, html_file):
        require_directory(file)
    from training.discovery.discovery import Wanted, discover
    from training.discovery.projection import default_method, require

    wanted = Wanted(way, min_templates, eps, method or default_method(), seed)
    require(wanted.method)
    with progress() as shown:
        from pipeline.bundle import default_bundle, read_bundle
        from training.discovery.heap import Heap
        from training.discovery.templates import label_templates

        used = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
        heap = Heap(used.rules)
        if topic is not None:
            _read_topic(heap, settings, topic, since, shown)
        else:
            _read_file(heap, str(source), reading, shown)
        kept = heap.kept(most_templates)
        shown.step("labelling templates", len(kept.kinds))
        labelled = label_templates(kept, used, shown.advance)
        name = topic or ("standard input" if source == "-" else Path(str(source)).name)
        found = discover(kept, labelled, wanted, name, used.version, shown.step)
        if html_file is not None:
            from training.discovery.page import page

            shown.step("writing the map")
            write(html_file, page(found).encode())
        if json_file is not None:
            write_json(json_file, found)
    from training.discovery.table import show

    # Last: a reader of the table may close the pipe after the first lines.
    show(found, standard_output())


def _read_file(heap: "Heap", source: str, reading: "Reading", shown: Progress) -> None:
    """Count the events of a file; rows without a message are none.

    Raises:
        InputFileError: it cannot be read, or holds no message.
    """
    from files.errors import InputFileError
    from files.formats import open_table
    from files.labelled import opened
    from files.notes import sentences

    with opened(Path(source)) as (stream, name):
        table = open_table(stream, name, reading.columns, reading.format, reading.encoding)
        size = os.fstat(stream.fileno()).st_size
        shown.step("reading", size)
        for batch in table.batches():
            _count(heap, [event for event, _, _ in batch])
            shown.reach(stream.tell() if size else heap.events, f"read {heap.events:,} events")
    for sentence in sentences(table.notes):
        click.echo(f"{name}: {sentence}", err=True)
    if not heap.events:
        raise InputFileError(f"{name} has no row with a message: there is nothing to discover")


def _read_topic(heap: "Heap", settings: "Settings", topic: str, since: int | None, shown: Progress) -> None:
    """Count the events of a topic; records that cannot be decoded are said and left out.

    Raises:
        BrokerError: it cannot be read.
        ConsumerError: it holds no events.
    """
    from consumer.errors import BrokerError, ConsumerError
    from consumer.kafka.reader import records_now
    from consumer.kafka.schema_registry import frame_decoder
    from consumer.records.reading import Item, RecordReader

    def wait(why: str) -> None:
        raise BrokerError(why)

    reader = RecordReader(
        settings.input_format,
        settings.source_field,
        settings.message_field,
        settings.dead_letter_topic,
        decode_frame=frame_decoder(settings, wait, lambda: None),
    )
    shown.step(f"reading {topic}")
    undecodable = 0
    for messages in records_now(settings, topic, since):
        parts = [part for message in messages for part in reader.read([message], 1, 1).parts]
        events = [part.event for part in parts if isinstance(part, Item)]
        undecodable += len(parts) - len(events)
        _count(heap, events)
        shown.note(f"read {heap.events:,} events")
    if undecodable:
        click.echo(
            f"{topic}: {undecodable:,} of its records or events cannot be decoded and are left out", err=True
        )
    if not heap.events:
        raise ConsumerError(
            f"{topic} holds no events{' of that time' if since is not None else ''}: there is nothing to discover"
        )


def _count(heap: "Heap", events: "Sequence[Event]") -> None:
    heap.add([event for event in events if event.message.strip()])
