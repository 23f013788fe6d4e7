"""What is not in the base installation: a sentence that names the command, instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import PipelineError


class MissingExtraError(PipelineError):
    """Something was asked for that the installation does not bring along."""


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Say, where an import in this context fails, which extra ``what`` is part of.

    Raises:
        MissingExtraError: a module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{what} needs {error.name}, which is not installed: pip install 'logsluice[{extra}]'"
        ) from error
