"""The metrics of the console. Base units; what an alert may use exists, at zero, from the start."""

from prometheus_client import Counter, Gauge, Histogram

from consumer.telemetry.registry import process_registry

_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class ConsoleMetrics:
    """The metrics of one console."""

    def __init__(self) -> None:
        self.registry = process_registry()
        self.requests = Counter(
            "logsluice_console_requests",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "logsluice_console_request_seconds",
            "Time from a request to the end of its answer.",
            ("route",),
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.rows = Counter(
            "logsluice_console_rows_labelled", "Rows of files labelled.", registry=self.registry
        )
        self.chunks_waiting = Gauge(
            "logsluice_console_chunks_waiting",
            "Chunks of events that wait for the classifier.",
            registry=self.registry,
        )
        self.jobs = Gauge("logsluice_console_jobs", "Jobs that are known.", registry=self.registry)
        self.spool_bytes = Gauge(
            "logsluice_console_spool_bytes", "Disk taken by uploads and results.", registry=self.registry
        )

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; ``status`` is 0 for one that got no answer."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"
        self.requests.labels(route, known, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)
