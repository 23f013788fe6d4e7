"""The whole service: bundle, metrics, HTTP and the lanes, from start to a clean stop."""

import gc
import signal
import threading
from types import FrameType

from consumer.clients import make_admin, wait_for_topics
from consumer.health import Health
from consumer.http import HttpServer
from consumer.lane import FastLane
from consumer.log import get_logger
from consumer.metrics import Metrics
from consumer.settings import Settings
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade


def run(settings: Settings, stop: threading.Event | None = None) -> None:
    """Run until ``stop`` is set, or until SIGTERM or SIGINT where ``stop`` is None.

    Raises:
        BundleError: the bundle cannot be used.
        BrokerError: the broker refuses us, or topics are missing.
        ConsumerError: the HTTP port is taken.
    """
    log = get_logger()
    if stop is None:
        stop = threading.Event()
        _stop_on_signals(stop)
    bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
    health = Health()
    metrics = Metrics(bundle.labels, settings.metric_sources)
    metrics.bundle_info.labels(bundle.version).set(1)
    metrics.ready.set_function(lambda: float(not health.obstacles()))
    health.obstructed("bundle", "loading")
    http = HttpServer(settings.http_host, settings.http_port, metrics.registry, health)
    try:
        log.info("starting", bundle=bundle.version, http=f"{settings.http_host}:{http.port}")
        cascade = load_cascade(bundle)
        # What is loaded now stays: without this the collector walks a million objects of it every few batches.
        gc.collect()
        gc.freeze()
        _watch_caches(metrics, cascade)
        health.clear("bundle")

        def waiting(why: str) -> None:
            health.obstructed("broker", why)
            health.beat()
            log.warning("waiting for the broker", reason=why)

        health.obstructed("broker", "not reached yet")
        wanted = {*settings.input_topic, settings.output_topic, settings.dead_letter_topic}
        wait_for_topics(make_admin(settings), wanted, stop.is_set, waiting)
        health.clear("broker")
        if not stop.is_set():
            FastLane(settings, cascade, metrics, health, stop.is_set).run()
        log.info("stopped")
    finally:
        http.close()


def _stop_on_signals(stop: threading.Event) -> None:
    def on_signal(number: int, _: FrameType | None) -> None:
        get_logger().info("stopping", signal=signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _watch_caches(metrics: Metrics, cascade: Cascade) -> None:
    metrics.memory_verdicts.set_function(lambda: len(cascade.memory))
    metrics.cache_entries.labels("templates").set_function(lambda: len(cascade.recogniser))
    metrics.cache_entries.labels("embedding").set_function(lambda: len(cascade.embedding))
