"""A shadow bundle in the console: the store's templates labelled a second time, at rest, for a queue of differences.

The store has templates and no messages: a rule that looks at what is masked cannot be tried again. Where the shadow
bundle has the very rule that decided a template, it decides alike.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from time import thread_time

from console.store.shadow_queue import ToLabel, most_frequent
from console.store.store import Store
from consumer.lanes.shadow import SHARE, opinion_of, rest_s
from consumer.lanes.shadow_bundle import LOOK_EVERY_S, ShadowBundle
from consumer.log import get_logger
from consumer.telemetry.comparison import Opinion
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.rules import Rule

LABELLED = 5_000
"""Templates that are labelled: those with the most events, which no person has labelled."""
AGAIN_S = 30.0
"""How often the store is asked for templates that have come since."""


class ShadowLabels:
    """Labels in a thread of its own until `close`; it rests for most of the time."""

    def __init__(self, directory: Path, store: Store, live: Bundle) -> None:
        self._bundle = ShadowBundle(directory, lambda: None)
        self._store = store
        self._rules = {rule.name: rule for rule in live.rules.rules}
        self._opinions: dict[int, Opinion] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    @property
    def version(self) -> str | None:
        """The shadow bundle in use, None where there is none that can be used."""
        return self._bundle.cascade.bundle.version if self._bundle.cascade else None

    @property
    def opinions(self) -> dict[int, Opinion]:
        """What the shadow bundle says of templates, by their numbers in the store; a copy."""
        return dict(self._opinions)

    def close(self) -> None:
        """Stop. A bundle that is being loaded is waited for."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            if self._bundle.look() is not None:
                self._opinions = {}
            cascade = self._bundle.cascade
            wait_s = LOOK_EVERY_S
            if cascade is not None:
                try:
                    with self._store.read() as connection:
                        wanted = most_frequent(connection, LABELLED)
                except sqlite3.Error as error:
                    get_logger().warning("the shadow cannot read the store", reason=str(error))
                else:
                    self._label(cascade, wanted)
                wait_s = AGAIN_S
            self._closed.wait(wait_s)

    def _label(self, cascade: Cascade, wanted: Sequence[ToLabel]) -> None:
        """Label what is not labelled yet, and forget what is not wanted any more."""
        numbers = {each.number for each in wanted}
        self._opinions = {number: said for number, said in self._opinions.items() if number in numbers}
        shared = _shared(self._rules, cascade.bundle.rules.rules)
        for each in wanted:
            if self._closed.is_set():
                return
            if each.number in self._opinions:
                continue
            began = thread_time()
            if each.rule in shared:
                self._opinions[each.number] = Opinion(shared[each.rule].label, 1.0, "rules")
            else:
                event = Event(each.source, each.example or each.template)
                self._opinions[each.number] = opinion_of(cascade, event)
            self._closed.wait(rest_s(thread_time() - began, SHARE))


def _shared(live: dict[str, Rule], shadow: Sequence[Rule]) -> dict[str, Rule]:
    """Return the rules that both bundles have, and that decide the same, by name."""
    return {rule.name: rule for rule in shadow if rule.name in live and _same(rule, live[rule.name])}


def _same(one: Rule, other: Rule) -> bool:
    return (one.pattern, one.label, one.source, one.severity) == (
        *(other.pattern, other.label),
        *(other.source, other.severity),
    )
