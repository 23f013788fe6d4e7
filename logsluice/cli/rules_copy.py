"""``logsluice rules copy``: the bundle in use as a directory of one's own, whose rules can be changed."""

from pathlib import Path

import click

from logsluice.cli.settings import command_settings


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def copy(directory: Path) -> None:
    """Copy the bundle of the settings, by default the built-in one, to DIRECTORY, so that its rules can be changed.

    Set LOGSLUICE_BUNDLE to DIRECTORY then, for the service and the console.
    """
    import shutil

    from consumer.errors import ConsumerError
    from logsluice.cli.labels import bundle_of
    from pipeline.bundle import FILES

    bundle = bundle_of(command_settings())
    if directory.exists() and any(directory.iterdir()):
        raise ConsumerError(f"{directory} exists and is not empty: name another directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in sorted(FILES):
            if (bundle.directory / name).exists():
                shutil.copyfile(bundle.directory / name, directory / name)
    except OSError as error:
        raise ConsumerError(f"{directory} cannot be written: {error.strerror}") from error
    click.echo(f"{directory}: a copy of {bundle.version}; set LOGSLUICE_BUNDLE={directory} to use it")
