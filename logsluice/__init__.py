"""Labels log events by what they mean: the library. The command line is in `logsluice.cli`.

Three lines label a list of strings, with no broker::

    from logsluice import Classifier

    for verdict in Classifier().label(["Failed password for root from 203.0.113.7 port 4022 ssh2"]):
        print(verdict.label, verdict.confidence)  # Security Alert 1.0

`Classifier` loads a bundle and labels messages, `Verdict` is what it says of one, `mask` makes the template of a
message.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logsluice.classifier import Classifier
    from pipeline.masking import mask
    from pipeline.verdict import Verdict

__version__ = "0.1.0"
__all__ = ["Classifier", "Verdict", "__version__", "mask"]

_PLACES = {"Classifier": "logsluice.classifier", "Verdict": "pipeline.verdict", "mask": "pipeline.masking"}


def __getattr__(name: str) -> Any:
    """Import what is exported when it is first used: `import logsluice` takes no time by itself."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
