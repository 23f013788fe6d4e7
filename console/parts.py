"""What the console is made of; whoever starts it puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, field

from console.classifier import Classifier
from console.corrections import Corrections
from console.metrics import ConsoleMetrics
from console.settings import AllSettings
from console.shadow import ShadowLabels
from console.store.store import Store


@dataclass(frozen=True)
class Parts:
    """The parts of a console. ``store`` and ``corrections`` are None without a broker,
    ``shadow`` also where no shadow bundle is named.

    ``clock`` gives seconds since the epoch.
    """

    settings: AllSettings
    classifier: Classifier
    clock: Callable[[], float]
    metrics: ConsoleMetrics = field(default_factory=ConsoleMetrics)
    store: Store | None = None
    corrections: Corrections | None = None
    shadow: ShadowLabels | None = None
