"""A file to write to: it takes its name once it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from files.errors import InputFileError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Yield a file in UTF-8 that takes its name once it is whole; a pipe or a device is written to as it is.

    Raises:
        InputFileError: it cannot be written.
    """
    path = path.resolve()
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f"{path.name}.part")
    with writing(str(path)):
        file = part.open("w", encoding="utf-8", newline="")
    try:
        yield file
        with writing(str(path)):
            file.close()
            if not special:
                part.replace(path)
    finally:
        with suppress(OSError):
            file.close()
        if not special:
            part.unlink(missing_ok=True)


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Say in a sentence what the operating system refuses; a reader that has seen enough is no failure.

    Raises:
        InputFileError: ``name`` cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputFileError(f"{name} cannot be written: {error.strerror or error}") from error
