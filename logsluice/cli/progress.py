"""One style of progress for the commands that take a while: on a terminal, on standard error, gone at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress(
    doing: str, total: int | None, of_what: str, shown: bool = True
) -> Iterator[Callable[[int], None]]:
    """Show how far something is; what is yielded takes how many are done. ``total`` is None where not known."""
    console = Console(stderr=True)
    count = TextColumn(f"{doing}: {{task.completed:,.0f}} {of_what}")
    columns = (SpinnerColumn(), count, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.update(task, completed=done)
