"""What can go wrong in the pipeline, as a tree::

    PipelineError
    └── BundleError            the bundle cannot be used; one sentence says why
        ├── RuleError          a rule is wrong: its pattern, its label, or an example that contradicts it
        └── ChecksumError      a file is not the one that the manifest names

Each message is one sentence that says what is wrong and what to do.
"""


class PipelineError(Exception):
    """Any error that the pipeline raises on purpose."""


class BundleError(PipelineError):
    """The bundle cannot be used."""


class RuleError(BundleError):
    """A rule cannot be used."""


class ChecksumError(BundleError):
    """A file of the bundle is not the file that its manifest names."""
