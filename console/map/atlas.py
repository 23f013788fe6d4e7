"""Draws the map in a thread, when somebody looks at it, and keeps it until the store has changed much."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from console.api.from_store import reading
from console.map.drawing import Drawn, draw, has_scikit_learn
from console.map.vectors import Vectors
from console.parts import Parts
from console.problems import Problem
from console.store.frequent import FrequentRow, most_frequent
from consumer.log import get_logger
from consumer.records.verdict import taxonomy_of

MOST = 20_000
"""Templates on the map, the most frequent ones: 15 MB of embeddings, and minutes of a core for the first map."""
FIRST = 1_000
"""Of so many a first map is drawn, to be looked at while the rest is computed."""
MOST_NEW = 0.1
"""The share of templates that are not on the map from which on it is drawn again."""
_NICENESS = 5
_DEADLINE_S = 30.0  # it reads twenty thousand rows, where a page reads fifty


class State(msgspec.Struct, frozen=True):
    """What there is of the map. ``drawing`` says what is being done, None where nothing is.

    ``version`` counts the maps since the start, 0 where there is none yet. ``at_ms`` is when the map was drawn, in ms
    since the epoch, ``seconds`` how long that took.
    """

    version: int = 0
    templates: int = 0
    said: str = ""
    at_ms: int = 0
    seconds: float = 0.0
    has_clusters: bool = False
    drawing: str | None = None
    problem: str | None = None


class TemplateMap:
    """The map of a console. Safe to use from several threads.

    One thread draws, at a lower priority than what answers. ``most`` bounds the templates; without ``with_clusters``
    nothing of scikit-learn is used.
    """

    def __init__(self, parts: Parts, most: int = MOST, with_clusters: bool | None = None) -> None:
        self._parts = parts
        self._most = most
        self._with_clusters = has_scikit_learn() if with_clusters is None else with_clusters
        self._vectors = Vectors()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._state = State(has_clusters=self._with_clusters)
        self.drawn: Drawn | None = None

    def rows(self) -> list[FrequentRow]:
        """Return the templates that belong on the map now.

        Raises:
            Problem: there is no store, or it does not answer in time.
        """
        with reading(self._parts, _DEADLINE_S) as connection:
            return most_frequent(connection, self._most, taxonomy_of(self._parts.classifier.cascade.bundle))

    def state(self) -> State:
        """Return what there is of the map."""
        with self._lock:
            return self._state

    def draw_where_due(self, rows: Sequence[FrequentRow], again: bool = False) -> State:
        """Draw the map if there is none, if the store has changed much, or if ``again``. Returns at once."""
        with self._lock:
            if self._thread is None and rows and (again or self._is_due(rows)) and not self._over.is_set():
                self._thread = threading.Thread(target=self._work, name="map", daemon=True)
                self._state = msgspec.structs.replace(self._state, drawing="reading the store", problem=None)
                self._thread.start()
            return self._state

    def close(self) -> None:
        """Draw no more."""
        self._over.set()

    def wait(self, seconds: float) -> None:
        """Wait until nothing is being drawn."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _is_due(self, rows: Sequence[FrequentRow]) -> bool:
        drawn = self.drawn
        if drawn is None or drawn.bundle != self._parts.classifier.version:
            return True
        return sum(row.id not in drawn.spots for row in rows) > MOST_NEW * len(rows)

    def _work(self) -> None:
        with suppress(OSError, AttributeError):  # of Linux alone is the priority that of a thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        problem: str | None = None
        try:
            self._draw()
        except Problem as error:
            problem = error.detail
        except Exception as error:  # the page says so, and the console goes on
            get_logger().error("the map cannot be drawn", exc_info=error)
            problem = "the map cannot be drawn; the log of the console says why"
        with self._lock:
            self._thread = None
            self._state = msgspec.structs.replace(self._state, drawing=None, problem=problem)

    def _draw(self) -> None:
        rows = self.rows()
        self._vectors.keep(rows)
        started = self._parts.clock()
        for count in stages(len(rows), self.drawn is not None):
            cascade = self._parts.classifier.cascade
            embeddings = self._vectors.of(
                rows[:count],
                cascade.embedding.encoder,
                self._progress("embedding templates", count),
                self._over.is_set,
            )
            if embeddings is None:
                return
            self._say("placing templates")
            drawn = draw(rows[:count], embeddings, cascade.bundle.version, self._with_clusters)
            now = self._parts.clock()
            with self._lock:
                self.drawn = drawn
                self._state = State(
                    self._state.version + 1,
                    len(drawn.spots),
                    drawn.said,
                    int(now * 1000),
                    now - started,
                    self._with_clusters,
                    drawing=self._state.drawing,
                )

    def _progress(self, what: str, count: int) -> Callable[[int], None]:
        return lambda done: self._say(f"{what}: {done:,} of {count:,}")

    def _say(self, what: str) -> None:
        with self._lock:
            self._state = msgspec.structs.replace(self._state, drawing=what)


def stages(rows: int, is_there: bool) -> Iterable[int]:
    """Return of how many templates maps are drawn, one after the other; a first one of few, where there is none."""
    return (FIRST, rows) if rows > 2 * FIRST and not is_there else (rows,)
