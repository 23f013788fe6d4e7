"""``logsluice classify``: label a file, in flat memory, however long it is."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click

from logsluice.cli.progress import Progress, progress
from logsluice.cli.reading import reading_options
from logsluice.cli.settings import command_settings

if TYPE_CHECKING:
    from consumer.settings import Settings
    from files.known import OpenKnown
    from files.labelled import Reading
    from pipeline.cascade import Cascade

CHUNK_ROWS = 2_000


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(allow_dash=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write; default, and -: standard output.",
)
@reading_options(labels=False)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False),
    help="A model bundle; default: LOGSLUICE_BUNDLE or the built-in one.",
)
@click.option(
    "--llm",
    is_flag=True,
    help="Ask the LLM of the settings about what no tier is sure of, each template once, within its budget.",
)
@click.option(
    "--llm-seconds",
    type=click.FloatRange(min=1),
    help="How long asking may take in all; default: LOGSLUICE_PENDING_MAX_AGE_S.",
)
def classify(
    source: str,
    output: Path | None,
    reading: "Reading",
    bundle: Path | None,
    llm: bool,
    llm_seconds: float | None,
) -> None:
    """Label a CSV, JSON or plain-text file, or - for standard input. Gzip is unpacked.

    The columns of the input are kept, and target_label, confidence, tier, rule and best_guess follow them. A
    pipe is labelled as it comes: what there is when it pauses is written at once.
    """
    settings = command_settings(**({"bundle": bundle} if bundle else {}))
    output = None if output == Path("-") else output
    if output is not None and source != "-" and output.resolve() == Path(source).resolve():
        raise click.UsageError("the output would replace the input: name another file with -o")
    label_file(settings, source, output, reading, llm, llm_seconds)


def label_file(
    settings: "Settings",
    source: str,
    output: Path | None,
    reading: "Reading",
    llm: bool,
    llm_seconds: float | None,
) -> None:
    """Label a file, or ``-`` for standard input, into a file, or onto standard output where that is None.

    A file appears under its name when it is whole. With ``llm`` what no tier decides is asked of the LLM.

    Raises:
        SettingsError: no LLM is configured and one is to be asked.
        ConsumerError: all is written, but the LLM has left templates unanswered.
        InputFileError: the input cannot be read as what it should be, or the output cannot be written.
        BundleError: the bundle cannot be used.
    """
    from files.formats import open_table
    from files.known import write_known
    from files.labelled import opened
    from files.notes import count, sentences
    from files.output import whole_file

    if llm:
        from logsluice.asking import require_llm

        require_llm(settings)
    asker = None
    with ExitStack() as stack:
        shown = stack.enter_context(
            progress(announced=False, shown=output is not None or not sys.stdout.isatty())
        )
        stream, name = stack.enter_context(opened(Path(source)))
        table = open_table(stream, name, reading.columns, reading.format, reading.encoding)
        destination = stack.enter_context(_standard_output() if output is None else whole_file(output))
        shown.step("loading the bundle")
        from pipeline.bundle import default_bundle, read_bundle
        from pipeline.cascade import load_cascade

        cascade = load_cascade(read_bundle(settings.bundle or default_bundle(), settings.bundle_digest))
        label = cascade.label
        if llm:
            from logsluice.asking import open_asker

            asker = stack.enter_context(open_asker(settings, cascade, llm_seconds, shown))
            label = asker.label
        report = _reporter(stream, shown)
        # What the LLM says of an event depends on what it was asked before.
        known = None if llm else _known(settings, cascade)
        for _ in map(report, write_known(table, destination, label, CHUNK_ROWS, known)):
            pass
    note = f"{count(table.notes.rows, 'row', 'rows')} labelled"
    click.echo("; ".join((note, *sentences(table.notes))), err=True)
    if asker is not None:
        asker.check()


def _known(settings: "Settings", cascade: "Cascade") -> "OpenKnown | None":
    """Return what opens the native core; None where Python does its work."""
    from consumer.settings.core import native_module
    from pipeline.native import KnownTexts

    module = native_module(settings.core)
    return None if module is None else lambda results: KnownTexts(module, cascade, results)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    file = sys.stdout
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(encoding="utf-8", newline="")
    yield file
    file.flush()


def _reporter(stream: BinaryIO, shown: Progress) -> Callable[[int], None]:
    """Return what shows how much of a file is done, in bytes; of a pipe, how many rows."""
    from files.notes import count

    size = os.fstat(stream.fileno()).st_size
    shown.step("labelling", size)

    def report(rows: int) -> None:
        shown.reach(stream.tell() if size else rows, f"labelled {count(rows, 'row', 'rows')}")

    return report
