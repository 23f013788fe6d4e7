"""What ``relabel`` prints: the sums, a matrix of labels before and after, and the templates that changed most."""

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.lanes.history.report import Report
from files.terminal import printable
from logsluice.cli.times import local_time

MOST_NAMED = 10


def show(report: Report, templates: int, console: Console) -> None:
    """Print a report."""
    for line in sentences(report):
        console.print(Text(line))
    if report.cells:
        console.print(_matrix(report))
    if report.templates and templates:
        console.print(_templates(report, templates))


def sentences(report: Report) -> list[str]:
    """Return what there is to say, without the tables."""
    window = f"{local_time(report.from_ms)} to {local_time(report.to_ms)}"
    where = f"published to {report.target}" if report.target else "nothing was published"
    lines = [f"{', '.join(report.topics)}, {window}: {report.events:,} events by {report.bundle}; {where}"]
    if report.published_before:
        lines.append(f"{report.published:,} of them in this run, {report.published_before:,} before it")
    compared = report.events - report.not_kept
    share = f" ({report.changed / compared:.1%})" if compared else ""
    lines.append(f"{report.changed:,} of {compared:,} have another label{share}; before: {report.before}")
    if report.not_kept:
        lines.append(f"{report.not_kept:,} have no label before")
    if report.undecodable or report.refused:
        named = [f"{each.event_id} {each.reason}" for each in report.not_labelled[:MOST_NAMED]]
        more = report.undecodable + report.refused - len(named)
        lines.append(
            f"{report.undecodable:,} cannot be decoded, {report.refused:,} are refused by the broker: "
            f"{', '.join(named)}{f' and {more:,} more' if more > 0 else ''}"
        )
    lines += [
        f"{each.topic}-{each.partition} has no records before offset {each.before_offset:,} any more: what of them was "
        "in the window is missing here"
        for each in report.deleted
    ]
    return lines


def _matrix(report: Report) -> Table:
    """Return a row for each label before: of how many events it stays, and what the others have now."""
    counts = {(cell.before, cell.after): cell.events for cell in report.cells}
    before, gained = Counter[str](), Counter[str]()
    for (was, now), events in counts.items():
        before[was] += events
        if was != now:
            gained[now] += events
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("before \\ after", no_wrap=True)
    for name in ("all", "same"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, _ in gained.most_common():
        table.add_column(Text(printable(label)), justify="right", overflow="fold")
    for was, total in before.most_common():
        row = (_count(counts.get((was, now), 0) if was != now else 0) for now, _ in gained.most_common())
        table.add_row(Text(printable(was)), f"{total:,}", _count(counts.get((was, was), 0)), *row)
    return table


def _count(count: int) -> str:
    return f"{count:,}" if count else "·"


def _templates(report: Report, most: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="templates that changed most", title_justify="left")
    for name in ("events", "before", "after", "source", "template"):
        table.add_column(name, justify="right" if name == "events" else "left")
    for each in report.templates[:most]:
        texts = (each.before, each.after, each.source, each.template or "(others)")
        table.add_row(f"{each.events:,}", *(Text(printable(text)) for text in texts))
    return table
