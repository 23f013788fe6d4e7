"""``logsluice promote``: put a bundle in the place of the one in use, or the one before it back."""

from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

import click

from logsluice.cli.progress import progress
from logsluice.cli.reading import reading_options
from logsluice.cli.report_files import standard_output
from logsluice.cli.settings import command_settings

if TYPE_CHECKING:
    from consumer.settings import Settings
    from files.labelled import Reading
    from pipeline.bundle import Bundle
    from training.evaluation import Report


@click.command()
@click.argument(
    "new", required=False, metavar="[NEW]", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--to",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory that it goes to; default: LOGSLUICE_BUNDLE.",
)
@click.option(
    "--evaluated-on",
    "labelled",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Labelled messages that NEW was not trained on: it is compared on them with the bundle in use.",
)
@click.option("--force", is_flag=True, help="Promote it though it is not evaluated, or worse.")
@click.option("--back", is_flag=True, help="Put the bundle back that was in use before.")
@reading_options(labels=True)
def promote(
    new: Path | None,
    directory: Path | None,
    labelled: Path | None,
    force: bool,
    back: bool,
    reading: "Reading",
) -> None:
    """Put the bundle NEW in the place of the one in use, if it is not worse beyond noise.

    A running service takes it over between two batches, within seconds. The bundle before is kept in the directory of
    the same name with `.previous` behind it, and `promote --back` puts it back.
    """
    if back == (new is not None):
        raise click.UsageError("name a bundle to promote, or --back to put the one before back")
    settings = command_settings()
    live = _live(directory, settings)

    from pipeline.bundle import MANIFEST, read_bundle
    from pipeline.bundle_directory import previous_of, replacing
    from pipeline.errors import BundleError

    previous = previous_of(live)
    if new is None and not previous.exists():
        raise BundleError(
            f"{previous} does not exist: no bundle was replaced in {live}, none can be put back"
        )
    # A service that pins a digest would refuse any other bundle.
    in_use = settings.bundle is not None and settings.bundle.resolve() == live
    bundle = read_bundle(new or previous, settings.bundle_digest if in_use else None)
    before = _bundle_in(live, whatever_it_is=force or back)
    if before is not None and before.digest == bundle.digest:
        click.echo(f"{live}: {bundle.version} is in use already")
        return
    if not back and not force:
        _refuse_worse(bundle, before, labelled, reading)
    with replacing(live, previous) as place:
        for name in (MANIFEST, *bundle.manifest.checksums):
            copyfile(bundle.directory / name, place / name)
    _say(live, before, bundle)


def _live(directory: Path | None, settings: "Settings") -> Path:
    """Return the directory in use.

    Raises:
        BundleError: it is that of the built-in bundle, which belongs to the installation.
    """
    from pipeline.bundle import BUILT_IN, default_bundle
    from pipeline.errors import BundleError

    live = directory or settings.bundle or default_bundle()
    if live.resolve().is_relative_to(BUILT_IN):
        raise BundleError(
            "the built-in bundle is a part of the installation and cannot be replaced: name a directory with --to, and "
            "set LOGSLUICE_BUNDLE to it where the services run"
        )
    return live.resolve()


def _bundle_in(directory: Path, *, whatever_it_is: bool) -> "Bundle | None":
    """Return the bundle in a directory; None where there is none, or none that can be read and that does not matter.

    Raises:
        BundleError: it cannot be read.
    """
    from pipeline.bundle import MANIFEST, read_bundle
    from pipeline.errors import BundleError

    if not (directory / MANIFEST).exists():
        return None
    try:
        return read_bundle(directory)
    except BundleError:
        if whatever_it_is:
            return None
        raise


def _refuse_worse(
    bundle: "Bundle", before: "Bundle | None", labelled: Path | None, reading: "Reading"
) -> None:
    """Return if a bundle is not worse than the one in use, or than the built-in one where there is none.

    Raises:
        ConsumerError: it is worse, or nothing is named to judge it by.
    """
    from consumer.errors import ConsumerError

    if labelled is None:
        raise ConsumerError(
            f"nobody has compared {bundle.version} with the bundle in use: name labelled messages in --evaluated-on, "
            "or promote it all the same with --force"
        )
    from pipeline.bundle import default_bundle, read_bundle
    from training.report.paired import show_comparison

    report = _compared(bundle, before or read_bundle(default_bundle()), labelled, reading)
    assert report.comparison is not None  # noqa: S101 - for mypy: there were two
    show_comparison(report.comparison, standard_output())
    if report.comparison.outcome == "worse":
        raise ConsumerError(
            f"{bundle.version} is not promoted: see `logsluice evaluate --against` for what changes, and --force to "
            "promote it all the same"
        )


def _compared(bundle: "Bundle", before: "Bundle", labelled: Path, reading: "Reading") -> "Report":
    from files.labelled import refuse_foreign
    from logsluice.cli.evaluate import read_labelled
    from training.judging import make_report

    with progress() as shown:
        rows = read_labelled(labelled, reading)
        refuse_foreign(rows, bundle.labels, bundle.version)
        return make_report(labelled.name, rows, bundle, before, "all", shown.step, shown.advance)


def _say(live: Path, before: "Bundle | None", now: "Bundle") -> None:
    """Print what has changed."""
    if before is None:
        click.echo(
            f"{live}: {now.version}, where there was no bundle; services take it from LOGSLUICE_BUNDLE={live}"
        )
        return
    click.echo(f"{live}: {before.version} is replaced by {now.version}, and kept in {live}.previous")
    was, will = before.manifest, now.manifest
    if was.threshold != will.threshold:
        click.echo(f"  threshold {was.threshold:.3f}, now {will.threshold:.3f}")
    for what, names in (("new", will.labels.keys() - was.labels), ("gone", was.labels.keys() - will.labels)):
        if names:
            click.echo(f"  labels {what}: {', '.join(sorted(names))}")
    rules = [{(rule.name, rule.pattern) for rule in each.rules.rules} for each in (before, now)]
    if rules[0] != rules[1]:
        click.echo(f"  rules: {len(rules[1] - rules[0]):,} new or changed, {len(rules[0] - rules[1]):,} gone")
    click.echo("Running services take it over within seconds; `logsluice promote --back` undoes it.")
