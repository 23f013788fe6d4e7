"""Where commands that judge or look write what they found: standard output, and files that are named."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from files.errors import InputFileError
from files.output import writing

json_option = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write everything to this file as JSON.",
)


def require_directory(path: Path | None) -> None:
    """Return if a file can be in its directory: said before the work begins.

    Raises:
        InputFileError: there is no such directory.
    """
    if path is not None and not path.resolve().parent.is_dir():
        raise InputFileError(f"{path} cannot be written: there is no directory {path.resolve().parent}")


def write(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        InputFileError: it cannot be written.
    """
    with writing(str(path)):
        path.write_bytes(content)


def write_json(path: Path, report: Any) -> None:
    """Write a struct as JSON for people to read too; errors are those of `write`."""
    import msgspec

    write(path, msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def standard_output() -> Console:
    """Return a console for tables. A pipe has no width of its own, and would cut them at 80 columns."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)
