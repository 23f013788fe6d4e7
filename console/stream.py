"""The stream behind the console: whether there is one, its store, its follower, and corrections to it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from prometheus_client import CollectorRegistry

from console.corrections import Corrections
from console.settings import AllSettings
from console.store.follower import Follower
from console.store.metrics import StoreMetrics
from console.store.schema import HOUR_MS
from console.store.store import Store
from console.store.upkeep import Bounds
from consumer.errors import BrokerError
from consumer.kafka.cluster import topics_of
from consumer.log import get_logger
from pipeline.bundle import Bundle
from pipeline.memory import VerdictMemory

LOOK_FOR_S = 2.0


@contextmanager
def following(
    settings: AllSettings,
    bundle: Bundle,
    memory: VerdictMemory,
    registry: CollectorRegistry,
    clock: Callable[[], float],
) -> Iterator[tuple[Store | None, Corrections | None]]:
    """Follow the topics into the store and the memory for as long as the context lasts.

    Yields (None, None) where there is no broker.

    Raises:
        StoreError: the store cannot be used.
    """
    if not has_broker(settings):
        get_logger().warning(
            "no broker: files can be labelled, and there are no templates to look at",
            advice="set LOGSLUICE_BOOTSTRAP_SERVERS to follow a stream",
        )
        yield None, None
        return
    console = settings.console
    path = console.store.expanduser()
    retention_ms = int(console.retention_days * 24 * HOUR_MS)
    follower = Follower(
        settings,
        path,
        Bounds(retention_ms, console.max_templates, console.max_counts),
        console.warm_up_s,
        StoreMetrics(registry, bundle.labels),
        memory,
        clock,
        console.keep_examples,
    )
    follower.start()
    with closing(follower), closing(Store(path, lambda: follower.problem)) as store:
        yield store, Corrections(settings, bundle, clock)


def has_broker(settings: AllSettings) -> bool:
    """Return whether a stream is to be followed: a broker is named in the settings, or one runs on this machine.

    One that is named may come later.
    """
    if "bootstrap_servers" in settings.model_fields_set:
        return True
    try:
        topics_of(settings, LOOK_FOR_S)
    except BrokerError:
        return False
    return True
