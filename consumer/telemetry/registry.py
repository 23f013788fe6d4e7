"""A registry of metrics that begins with those of the process itself."""

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, disable_created_metrics


def process_registry() -> CollectorRegistry:
    """Return a registry with what a process takes, and on what it runs."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a further series for every counter
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry
