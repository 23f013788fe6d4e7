"""How a command shows on standard error that it is at work: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_EVERY_S = 15.0


class Progress:
    """What is being done, step by step; ``total`` and ``done`` are of any unit, 0 for a total not known.

    On a terminal each step has a bar. Elsewhere each step is a line if ``announced``, and a step that takes long
    is a line every quarter of a minute.
    """

    def __init__(self, bar: Bar, announced: bool, clock: Callable[[], float] = monotonic) -> None:
        self._bar = bar
        self._task = bar.add_task("reading", total=None)
        self._announced = announced
        self._clock = clock
        self._said_at = clock()
        self._what = ""
        self._total = 0
        self._done = 0

    def step(self, what: str, total: int = 0) -> None:
        """Begin a step."""
        if what != self._what and self._announced:
            self._say(what)
        self._what, self._total, self._done = what, total, 0
        self._said_at = self._clock()
        self._bar.reset(self._task, description=what, total=total or None)

    def advance(self, count: int = 1) -> None:
        """Say that so much more of the step is done."""
        self.reach(self._done + count)

    def reach(self, done: int, what: str | None = None) -> None:
        """Say how much of the step is done, and what it may now be called."""
        self._done, self._what = done, what or self._what
        self._bar.update(self._task, completed=done if self._total else None, description=self._what)
        if self._clock() - self._said_at >= _EVERY_S:
            share = f" ({min(1.0, done / self._total):.0%})" if self._total else ""
            self._say(f"{self._what}{share}")

    def note(self, what: str) -> None:
        """Say what is being waited for, without more of the step being done."""
        self.reach(self._done, what)

    def _say(self, line: str) -> None:
        self._said_at = self._clock()
        if self._bar.disable:
            click.echo(line, err=True)


@contextmanager
def progress(*, announced: bool = True, shown: bool = True) -> Iterator[Progress]:
    """Show steps while the block runs; not on a terminal that shows the results too (``shown`` is False)."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        yield Progress(bar, announced)
