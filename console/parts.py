"""What the console is made of; whoever starts it puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console.classifier import Classifier
from console.metrics import ConsoleMetrics
from console.settings import AllSettings


@dataclass(frozen=True)
class Parts:
    """The parts of a console. ``store`` and ``corrections`` are None without a broker.

    ``clock`` gives seconds since the epoch.
    """

    settings: AllSettings
    classifier: Classifier
    clock: Callable[[], float]
    metrics: ConsoleMetrics = field(default_factory=ConsoleMetrics)
    store: Any = None
    corrections: Any = None
