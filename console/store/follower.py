"""Keeps the store equal to the topics: a thread that reads them, counts, and writes."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from confluent_kafka import KafkaException, Message

from console.store.labelled import labelled_reader
from console.store.lock import lock
from console.store.metrics import StoreMetrics
from console.store.places import Start
from console.store.reading import Reading
from console.store.remembering import remember, remember_stored
from console.store.schema import open_writer
from console.store.tally import Tally, count_dead, count_labelled
from console.store.upkeep import Bounds, tidy
from console.store.verdicts import drop_earlier, verdict_change
from console.store.writer import Batch, Writer
from consumer.errors import ConsumerError
from consumer.log import get_logger
from consumer.settings import Settings
from pipeline.memory import VerdictMemory

WAIT_S = 0.2
RETRY_S = 1.0
TIDY_EVERY_MS = 60_000
WARM_UNTIL, MADE = "warm_until_ms", "made_ms"


class Follower:
    """Follows the topics from `start` to `close`, and keeps ``memory`` equal to the verdicts.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        path: Path,
        bounds: Bounds,
        warm_up_s: float,
        metrics: StoreMetrics,
        memory: VerdictMemory,
        clock: Callable[[], float],
        keep_examples: bool = False,
    ) -> None:
        self._settings, self._path, self._bounds, self._warm_up_s = settings, path, bounds, warm_up_s
        self._metrics = metrics
        self._memory = memory
        self._clock = clock
        self._read = labelled_reader(settings.source_field, settings.message_field, keep_examples)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._problem: str | None = "the topics have not been reached yet"
        self._run_number = self._swept = 0
        self._tidied_ms = 0

    @property
    def problem(self) -> str | None:
        """Why the store is not up to date, in a sentence; None where it is followed."""
        return self._problem

    def start(self) -> None:
        """Open the store, make it where there is none, and follow.

        Raises:
            StoreError: the store cannot be used.
        """
        self._lock = lock(self._path)
        self._writer = Writer(open_writer(self._path), self._bounds.retention_ms)
        if self._writer.meta(MADE) is None:
            self._writer.set_meta(MADE, self._now_ms())
        remember_stored(self._memory, self._writer.connection)
        self._show_size()
        self._thread.start()

    def close(self) -> None:
        """Stop following, and close the store."""
        self._stop.set()
        self._thread.join()
        self._writer.connection.close()
        self._lock.close()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    self._follow()
                except (ConsumerError, KafkaException, sqlite3.Error) as error:
                    self._say(str(error))
                self._stop.wait(RETRY_S)
        finally:
            if not self._stop.is_set():
                self._say("an error has ended the thread: start the console again")

    def _follow(self) -> None:
        """Read and write until something goes wrong, or until `close`."""
        settings = self._settings
        topics = (*settings.labelled_topics(), settings.dead_letter_topic, settings.verdicts_topic)
        whole = frozenset((settings.verdicts_topic,))
        self._run_number = self._now_ms()
        reading = Reading(settings, topics, whole, self._writer.places(), self._begun)
        with closing(reading):
            while not self._stop.is_set():
                reading.look()
                self._say(
                    f"the broker has no topic {', '.join(reading.missing)}: run `logsluice topics create`"
                    if reading.missing
                    else None
                )
                taken = reading.take(WAIT_S)
                now_ms = self._now_ms()
                if taken:
                    self._write(taken, reading, now_ms)
                if not reading.missing:
                    self._at_ends(reading, now_ms)
                for topic, behind in reading.behind().items():
                    self._metrics.behind.labels(topic).set(behind)
                if now_ms - self._tidied_ms >= TIDY_EVERY_MS:
                    tidy(self._writer, self._bounds, now_ms)
                    self._tidied_ms = now_ms
                    self._show_size()

    def _write(self, taken: dict[str, list[Message]], reading: Reading, now_ms: int) -> None:
        settings = self._settings
        labelled = [each for topic in settings.labelled_topics() for each in taken.get(topic, ())]
        tally: Tally = count_labelled(
            ((each.value(), each.timestamp()[1]) for each in labelled), self._read, now_ms
        )
        tally.dead = count_dead(taken.get(settings.dead_letter_topic, ()), now_ms)
        verdicts = [
            change
            for each in taken.get(settings.verdicts_topic, ())
            if (change := verdict_change(each, self._run_number)) is not None
        ]
        new_events = self._writer.write(Batch(tally, verdicts, reading.places()), now_ms)
        self._metrics.count_events(sum(each.events for each in tally.seen), new_events)
        remember(self._memory, verdicts)
        for topic, messages in taken.items():
            self._metrics.read.labels(topic).inc(len(messages))
        self._metrics.missed.labels("unreadable").inc(tally.unreadable)
        if tally.seen:
            self._metrics.new.show(self._writer.new_templates())

    def _at_ends(self, reading: Reading, now_ms: int) -> None:
        """Do what is to be done once a topic is read to its end."""
        settings = self._settings
        if self._swept != self._run_number and reading.has_reached_end(settings.verdicts_topic):
            with self._writer.transaction():
                forgotten = drop_earlier(self._writer.connection, self._run_number)
            remember(self._memory, forgotten)
            self._swept = self._run_number
        if self._writer.meta(WARM_UNTIL) is None and reading.has_reached_end(settings.output_topic):
            made_ms = self._writer.meta(MADE) or now_ms
            self._writer.set_meta(WARM_UNTIL, max(now_ms, made_ms + int(self._warm_up_s * 1000)))

    def _begun(self, start: Start) -> None:
        partition = f"{start.place.topic}-{start.place.partition}"
        if start.why == "deleted":
            self._metrics.missed.labels("deleted").inc(start.lost)
            get_logger().error(
                "records were deleted before the store has read them: its counts lack them",
                partition=partition,
                records=start.lost,
            )
        elif start.why == "shortened":
            get_logger().error(
                "a topic has lost its end, as after an unclean election: what came there instead may be missed",
                partition=partition,
            )
        elif start.why == "recreated":
            get_logger().warning("a topic was made again: it is read from its beginning", partition=partition)
            if start.place.topic == self._settings.verdicts_topic:
                self._run_number = self._now_ms()

    def _say(self, problem: str | None) -> None:
        self._metrics.up.set(problem is None)
        if problem != self._problem:
            self._problem = problem
            if problem is not None:
                get_logger().warning("the store is not up to date", reason=problem)
            else:
                get_logger().info("the store follows the topics")

    def _show_size(self) -> None:
        templates, rows = self._writer.sizes()
        self._metrics.templates.set(templates)
        for table, number in rows.items():
            self._metrics.rows.labels(table).set(number)
        self._metrics.file_bytes.set(self._path.stat().st_size)
        self._metrics.new.show(self._writer.new_templates())

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
