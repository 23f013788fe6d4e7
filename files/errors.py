"""What can go wrong with a file of events."""

from pipeline.errors import PipelineError


class InputFileError(PipelineError):
    """A file cannot be read as what it should be, or not be written. The message is a sentence."""
