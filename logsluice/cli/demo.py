"""``logsluice demo``: the whole service on an embedded broker, with a sample stream, in one process."""

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

import click
from confluent_kafka import Consumer, Producer
from rich.console import Console
from rich.live import Live

from consumer.errors import ConsumerError
from consumer.kafka.topics import all_topics
from consumer.log import configure_logging
from consumer.settings import Settings
from logsluice.cli.demo_screen import Tally, alert_lines
from logsluice.cli.demo_stream import DemoStream, read_script

START_PATIENCE_S = 90.0
END_PATIENCE_S = 60.0
WARM_UP_RATE = 10
WARM_UP_S = 20.0
"""What is not seen in so many seconds of the demo is new to its console: the templates of the incident are."""
POISON_EVERY = 211
"""One event in so many cannot be decoded, so that dead letters are seen too."""
_POISON = b'{"source": "payments", "log_message": "Payment 48210533 for order 4412'


@click.command()
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=30, show_default=True, help="How long to run."
)
@click.option(
    "--rate", type=click.IntRange(min=1, max=20_000), default=200, show_default=True, help="Events a second."
)
@click.option(
    "--console",
    "with_console",
    is_flag=True,
    help="Serve the console too, and go on until Ctrl-C; an incident comes every --seconds.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port of the console, 0 takes a free one.",
)
def demo(seconds: float, rate: int, with_console: bool, port: int) -> None:
    """Label a sample stream on an embedded broker: a live table of labels, then what to alert on.

    The stream is that of a shop with an incident in the middle. The counts at the end add up.
    """
    configure_logging("auto", "warning")
    console = Console()
    stop = _stop_on_signals() if with_console else None
    with _embedded_broker() as bootstrap_servers:
        # The defaults, whatever the environment says: its broker, topics and fields are not those of the sample.
        settings = Settings.model_construct(bootstrap_servers=bootstrap_servers, http_port=0)
        tally = Tally()
        for topic in all_topics(settings):
            _touch(bootstrap_servers, topic)
        with ExitStack() as stack:
            failure = stack.enter_context(_service(settings))
            if with_console:
                address = stack.enter_context(_console(bootstrap_servers, port))
                console.print(f"The console is at {address}; Ctrl-C ends it.", soft_wrap=True)
            _watch(console, settings, tally, seconds, rate, failure, stop)
        if failure:
            raise failure[0]
    if not console.is_terminal:
        console.print()
    for line in alert_lines(tally.alerts(seconds)) if stop is None else ():
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print(
        f"{tally.sent:,} events sent = {tally.labels.total():,} labelled + {tally.dead:,} dead letters; "
        f"by tier: {', '.join(f'{tier} {count:,}' for tier, count in tally.tiers.most_common())}"
    )
    if tally.sent != tally.out:
        raise ConsumerError(
            f"{tally.sent - tally.out:,} events have not come out within {END_PATIENCE_S:.0f} s"
        )


def _watch(
    console: Console,
    settings: Settings,
    tally: Tally,
    seconds: float,
    rate: int,
    failure: list[Exception],
    stop: threading.Event | None,
) -> None:
    """Send and show the stream, for so many seconds, or until ``stop`` is set; then wait until all is out."""
    producer = Producer({"bootstrap.servers": settings.bootstrap_servers, "linger.ms": 5})
    reader = Consumer(
        {
            "bootstrap.servers": settings.bootstrap_servers,
            "group.id": "logsluice-demo",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    reader.subscribe([settings.output_topic, settings.dead_letter_topic])
    shipper = _Shipper(producer, settings.input_topic[0], tally)
    begun: float | None = None
    deadline = time.monotonic() + START_PATIENCE_S
    console.print("Starting broker, model and consumer group takes some ten seconds.")
    with Live(console=console, refresh_per_second=4, auto_refresh=False) as live:
        while not failure and (now := time.monotonic()) < deadline:
            # Where in the demo we are, from 0 to 1; without an end it begins again.
            place = 0.0 if begun is None else (now - begun) / seconds
            ends = stop.is_set() if stop is not None else place >= 1
            place = min(1.0, place) if stop is None else place % 1
            if begun is None and not ends:
                # A trickle until the first event is out: the embedded broker keeps only 5 MiB a partition.
                shipper.ship(min(rate, WARM_UP_RATE), place)
                if tally.out:
                    begun, deadline = now, inf
            elif not ends:
                shipper.ship(rate, place)
            elif tally.out >= tally.sent:
                break
            elif deadline == inf:
                deadline = now + END_PATIENCE_S
            _read(reader, settings, tally, place)
            live.update(
                tally.table(f"{tally.sent:,} events in, {tally.out:,} out"), refresh=console.is_terminal
            )
        live.update(tally.table(f"{tally.sent:,} events in, {tally.out:,} out"), refresh=True)
    reader.close()


class _Shipper:
    def __init__(self, producer: Producer, topic: str, tally: Tally) -> None:
        self._producer = producer
        self._topic = topic
        self._tally = tally
        self._stream = DemoStream(read_script())
        self._last = time.monotonic()

    def ship(self, rate: int, place: float) -> None:
        """Send what is due since the last time."""
        now = time.monotonic()
        due = int((now - self._last) * rate)
        if not due:
            return
        self._last = now
        for event in self._stream.events(due, place):
            self._tally.sent += 1
            self._producer.produce(self._topic, _POISON if self._tally.sent % POISON_EVERY == 0 else event)
            self._producer.poll(0)
        self._producer.flush()


def _read(reader: Consumer, settings: Settings, tally: Tally, place: float) -> None:
    for message in reader.consume(5_000, timeout=0.1):
        if message.error() is not None:
            continue  # a topic that the embedded broker has not made yet
        if message.topic() == settings.dead_letter_topic:
            tally.dead += 1
        else:
            tally.take(message.value() or b"{}", place)


@contextmanager
def _embedded_broker() -> Iterator[str]:
    """Run librdkafka's mock cluster for as long as the context lasts; yield its address."""
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    broker = next(iter(cluster.list_topics(timeout=10).brokers.values()))
    yield f"{broker.host}:{broker.port}"


@contextmanager
def _service(settings: Settings) -> Iterator[list[Exception]]:
    """Run the service in a thread; the list that is yielded holds what ended it, if anything did."""
    stop = threading.Event()
    failure: list[Exception] = []

    from consumer import service  # it loads ONNX Runtime, which `--help` need not wait for

    def serve() -> None:
        try:
            service.run(settings, stop)
        except Exception as error:  # handed to the main thread, which raises it
            failure.append(error)

    thread = threading.Thread(target=serve, name="service")
    thread.start()
    try:
        yield failure
    finally:
        stop.set()
        thread.join()


@contextmanager
def _console(bootstrap_servers: str, port: int) -> Iterator[str]:
    """Serve the console of the demo, with a store of its own; yield its address."""
    from console import server
    from console.settings import AllSettings, ConsoleSettings

    with tempfile.TemporaryDirectory(prefix="logsluice-demo-") as directory:
        own = ConsoleSettings(port=port, store=Path(directory) / "console.db", warm_up_s=WARM_UP_S)
        settings = AllSettings.model_construct(bootstrap_servers=bootstrap_servers, console=own)
        with server.in_thread(settings) as address:
            yield address


def _stop_on_signals() -> threading.Event:
    """Return what is set at SIGTERM and SIGINT."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _, __: stop.set())
    signal.signal(signal.SIGINT, lambda _, __: stop.set())
    return stop


def _touch(bootstrap_servers: str, topic: str) -> None:
    """Make a topic exist: the embedded broker makes whatever it is asked about."""
    Producer({"bootstrap.servers": bootstrap_servers}).list_topics(topic, timeout=10)
