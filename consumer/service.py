"""The whole service: bundle, memory, metrics, HTTP and the lanes, from start to a clean stop."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import FrameType
from typing import Any, Literal

from consumer.garbage import release, settle
from consumer.kafka.cluster import wait_for_topics
from consumer.kafka.lag import events_behind
from consumer.kafka.patience import Patience
from consumer.kafka.schema_registry import frame_decoder
from consumer.kafka.topics import check_compacted
from consumer.kafka.verdict_follower import VerdictFollower
from consumer.lanes.fast import FastProcessor, fast_intake
from consumer.lanes.lane import Lane, make_lane
from consumer.lanes.shadow import BEHIND, Shadow
from consumer.lanes.slow import SlowProcessor, slow_intake
from consumer.llm.blocking import BlockingPool, open_pool
from consumer.log import get_logger
from consumer.records.formats.registry import Frame
from consumer.settings import Settings
from consumer.settings.core import described
from consumer.settings.routes import check_routes
from consumer.swap import BundleWatch
from consumer.telemetry.health import Health
from consumer.telemetry.http import HttpServer
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.summary import SummaryLog
from consumer.telemetry.tracing import otlp_tracing
from pipeline.bundle import Bundle, default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.familiar import words_learnt
from pipeline.memory import VerdictMemory

Lanes = Literal["both", "fast", "slow"]


def run(settings: Settings, stop: threading.Event | None = None, lanes: Lanes = "both") -> None:
    """Run until ``stop`` is set, or until SIGTERM or SIGINT where ``stop`` is None.

    Raises:
        BundleError: the bundle cannot be used.
        SettingsError: a route is of a label that the bundle has not.
        BrokerError: the broker refuses us, or topics are missing.
        ConsumerError: the HTTP port is taken.
    """
    log = get_logger()
    ours = stop is None
    stop = stop or threading.Event()
    if ours:
        _stop_on_signals(stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a bundle to reload
    bundle = read_bundle(settings.bundle or default_bundle(), settings.bundle_digest)
    health = Health()
    check_routes(settings, bundle.labels, bundle.version)
    metrics = Metrics(bundle.labels, settings.metric_sources, settings.routes().values())
    metrics.show_bundle(bundle.version)
    metrics.ready.set_function(lambda: float(not health.unready_reasons()))
    memory = VerdictMemory(settings.max_templates)
    metrics.memory_verdicts.set_function(lambda: len(memory))
    health.set_unready("bundle", "loading")
    with ExitStack() as stack:
        http = HttpServer(settings.http_host, settings.http_port, metrics, health)
        stack.enter_context(closing(http))
        log.info(
            "starting", bundle=bundle.version, lanes=lanes, http=http.address, core=described(settings.core)
        )
        if settings.tracing == "otlp":
            metrics.tracing = stack.enter_context(closing(otlp_tracing(metrics.bundle_version)))
        summary = SummaryLog(metrics, health, _what_is_read(settings, lanes))
        summary.start()
        stack.enter_context(closing(summary))
        cascade = load_cascade(bundle, memory, settings.max_templates)
        settle()
        stack.callback(release)
        _watch(metrics, cascade)
        health.clear("bundle")

        partitions = _reach_broker(settings, lanes, health, stop)
        if not stop.is_set():
            follower = VerdictFollower(settings, bundle, memory, metrics)
            stack.enter_context(closing(follower))
            health.set_unready("verdicts", "reading what is known so far")
            follower.catch_up(stop.is_set)
            running: list[Lane] = []
            processors: list[FastProcessor | SlowProcessor] = []
            pending_partitions = partitions.get(settings.pending_topic, 0)
            if lanes != "slow":
                shadow = _shadow(settings, metrics)
                fast = FastProcessor(
                    settings,
                    cascade,
                    metrics,
                    pending_partitions,
                    health.beat,
                    decode_frame=_frame_decoder(settings, health, stop),
                    on_decided=shadow.offer if shadow else None,
                )
                if shadow:
                    shadow.start(fast.show_again)
                    stack.enter_context(closing(shadow))
                processors.append(fast)
                running.append(make_lane(settings, fast_intake(settings), fast, metrics, health, stop.is_set))
            if lanes == "slow" or (lanes == "both" and settings.llm.enabled):
                pool = stack.enter_context(_pool(settings, bundle, metrics))
                slow = SlowProcessor(
                    settings,
                    cascade,
                    pool,
                    pending_partitions,
                    metrics,
                    health,
                    stop.is_set,
                    _frame_decoder(settings, health, stop),
                )
                processors.append(slow)
                running.append(make_lane(settings, slow_intake(settings), slow, metrics, health, stop.is_set))

            def on_loaded(cascade: Cascade) -> None:
                _watch(metrics, cascade)
                follower.swap_bundle(cascade.bundle)
                for processor in processors:
                    processor.swap_bundle(cascade)

            directory = settings.bundle or default_bundle()
            watch = BundleWatch(directory, settings.bundle_digest, cascade, metrics, on_loaded)
            stack.enter_context(closing(watch))
            if ours and hasattr(signal, "SIGHUP"):
                signal.signal(signal.SIGHUP, lambda number, frame: watch.reload())
            health.clear("verdicts")
            _run_all(running, stop)
        log.info("stopped")


def _what_is_read(settings: Settings, lanes: Lanes) -> dict[str, Any]:
    """Return what the log says of a service that is ready."""
    intakes = [fast_intake(settings)] if lanes != "slow" else []
    if lanes == "slow" or (lanes == "both" and settings.llm.enabled):
        intakes.append(slow_intake(settings))
    return {
        "lanes": lanes,
        "topics": [topic for intake in intakes for topic in intake.topics],
        "groups": [intake.group for intake in intakes],
        "broker": settings.bootstrap_servers,
    }


def _reach_broker(settings: Settings, lanes: Lanes, health: Health, stop: threading.Event) -> dict[str, int]:
    """Wait for the broker, and return the partitions of its topics."""

    def on_wait(why: str) -> None:
        health.set_unready("broker", why)
        health.beat()
        get_logger().warning("waiting for the broker", reason=why)

    health.set_unready("broker", "not reached yet")
    wanted = {*settings.labelled_topics(), settings.dead_letter_topic, settings.verdicts_topic}
    if lanes != "slow":
        wanted.update(settings.input_topic)
    if lanes == "slow" or settings.llm.enabled:
        wanted.add(settings.pending_topic)
    partitions = wait_for_topics(settings, wanted, settings.broker_wait_s, stop.is_set, on_wait)
    if not stop.is_set():
        warning = check_compacted(settings)
        if warning:
            get_logger().warning("the verdicts topic may lose corrections", detail=warning)
    health.clear("broker")
    return partitions


def _frame_decoder(settings: Settings, health: Health, stop: threading.Event) -> Callable[[Frame], bytes]:
    """Return what decodes the frames of a schema registry for one lane, and waits in the open while that is away."""
    patience = Patience(health, "schema registry", stop.is_set)
    return frame_decoder(settings, patience.wait, patience.over)


def _shadow(settings: Settings, metrics: Metrics) -> Shadow | None:
    """Return what labels templates a second time, if a bundle for it is named. It takes little while there is a lag."""
    if settings.shadow_bundle is None:
        return None

    def is_behind() -> bool:
        return events_behind(metrics, "fast") > BEHIND

    return Shadow(settings.shadow_bundle, metrics.shadow, settings.max_templates, is_behind)


@contextmanager
def _pool(settings: Settings, bundle: Bundle, metrics: Metrics) -> Iterator[BlockingPool | None]:
    if not settings.llm.enabled:
        get_logger().warning("no LLM is configured: pending events are published with their best guess")
        yield None
        return
    with open_pool(settings.llm, bundle.manifest.labels, metrics.count_call) as pool:
        yield pool


def _run_all(lanes: Sequence[Lane], stop: threading.Event) -> None:
    """Run the first lane in this thread and each other in its own; the end of one is the end of all."""
    failures: list[BaseException] = []

    def in_thread(run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # handed to the main thread, which raises it
            failures.append(error)
        finally:
            stop.set()

    threads = [
        threading.Thread(target=in_thread, args=(lane.run,), name=f"lane-{number}")
        for number, lane in enumerate(lanes[1:], start=2)
    ]
    for thread in threads:
        thread.start()
    try:
        lanes[0].run()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _stop_on_signals(stop: threading.Event) -> None:
    def on_signal(number: int, _: FrameType | None) -> None:
        get_logger().info("stopping", signal=signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _watch(metrics: Metrics, cascade: Cascade) -> None:
    metrics.novelty.learn(words_learnt(cascade.embedding.classifier))
    metrics.cache_entries.labels("templates").set_function(lambda: len(cascade.recogniser))
    metrics.cache_entries.labels("decisions").set_function(lambda: cascade.decisions)
    metrics.cache_entries.labels("embedding").set_function(lambda: len(cascade.embedding))
