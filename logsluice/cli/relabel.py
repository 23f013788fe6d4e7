"""``logsluice relabel``: history again under another bundle, into a topic of its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from consumer.errors import ConsumerError
from logsluice.cli.progress import Progress, progress
from logsluice.cli.report_files import json_option, require_directory, standard_output, write_json
from logsluice.cli.settings import command_settings
from logsluice.cli.times import Time


@click.command()
@click.option(
    "--from",
    "from_ms",
    type=Time(),
    required=True,
    help="Events since: -24h, yesterday, or 2026-01-31T12:00.",
)
@click.option("--to", "to_ms", type=Time(), default="now", show_default=True, help="Events before.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="The bundle to label by; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--digest", help="The digest that --bundle must have, as LOGSLUICE_BUNDLE_DIGEST for the live one."
)
@click.option("--topic", help="Topic that the relabelled events go to; made if it is missing.")
@click.option("--dry-run", is_flag=True, help="Publish nothing, and show what would change.")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    help="Topic of raw events; may be given again; default: the settings'.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    help="The labels before are those of this bundle; default: those that were published.",
)
@click.option("--no-verdicts", is_flag=True, help="Leave out what the LLM and people have said.")
@click.option(
    "--templates",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Show so many templates that changed most.",
)
@json_option
def relabel(
    from_ms: int,
    to_ms: int,
    bundle: Path | None,
    digest: str | None,
    topic: str | None,
    dry_run: bool,
    inputs: tuple[str, ...],
    against: Path | None,
    no_verdicts: bool,
    templates: int,
    json_file: Path | None,
) -> None:
    """Label past events again by another bundle, into a topic of their own.

    Shows which labels change, and for which templates. Raw events are read as `run` reads them, in no consumer
    group: no offset changes. The service and its topics are left alone. Each event is in the topic once, however
    often the command is stopped, killed and started again.
    """
    if (topic is None) is not dry_run:
        raise click.UsageError("name the --topic that events go to, or publish nothing with --dry-run")
    if from_ms >= to_ms:
        raise click.UsageError("--from is not before --to: no event is between them")
    require_directory(json_file)
    settings = command_settings(**({"input_topic": inputs} if inputs else {}))
    from consumer.lanes.history.relabel import Request, relabel
    from consumer.lanes.history.target import check_target
    from consumer.lanes.history.window import Window
    from logsluice.cli.labels import bundle_of
    from logsluice.cli.relabelled import show
    from pipeline.bundle import read_bundle

    if topic is not None:
        try:
            check_target(command_settings(), topic, settings.input_topic)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--topic") from None
    live = bundle_of(settings)
    request = Request(
        Window(from_ms, to_ms),
        read_bundle(bundle, digest) if bundle is not None else live,
        live,
        read_bundle(against) if against is not None else None,
        topic,
        not no_verdicts,
    )
    with _stopped_by_signals() as stop, progress(announced=False) as shown:
        report = relabel(settings, request, _Shown(shown), stop.is_set)
    if json_file is not None:
        write_json(json_file, report)
    show(report, templates, standard_output())
    if report.stopped:
        raise ConsumerError("stopped before the end: the same command goes on behind what is published")
    if report.refused:
        raise ConsumerError(f"{topic} does not take {report.refused:,} events: raise its max.message.bytes")


class _Shown:
    """The progress of the command line, as relabelling has it. See `consumer.lanes.history.shown`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.step = progress.step
        self.wait = progress.note

    def reach(self, done: int) -> None:
        self._progress.reach(done)

    def say(self, line: str) -> None:
        click.echo(line, err=True)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Yield what Ctrl-C and SIGTERM set; a second one ends the process at once."""
    stop = threading.Event()

    def on_signal(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
