"""What can go wrong with a file of events."""

from pipeline.errors import PipelineError


class InputFileError(PipelineError):
    """A file cannot be read as what it should be, or not be written. The message is a sentence."""


class FileFormatError(InputFileError):
    """A file is of a kind that is not read."""


class FileSizeError(InputFileError):
    """A file, or a line of it, is larger than is read."""
