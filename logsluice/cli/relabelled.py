"""What ``relabel`` prints: the sums, a matrix of labels before and after, and the templates that changed most."""

from collections import Counter

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.lanes.history.report import Report
from files.terminal import printable
from logsluice.cli.labelled_line import cut_to
from logsluice.cli.times import local_time

MOST_NAMED = 10
_LABEL_WIDTH = 23
_LONGEST_WORD = 9


def show(report: Report, templates: int, console: Console) -> None:
    """Print a report."""
    for line in sentences(report):
        console.print(Text(line))
    if report.cells:
        console.print(_matrix(report, console.width))
    if report.templates and templates:
        console.print(_templates(report, templates, console.width))


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


def _matrix(report: Report, width: int) -> Table:
    """Return a row for each label before: of how many events it stays, and what the others have now.

    Labels that do not fit into so many columns of the terminal are counted together, those that gained least.
    """
    counts = {(cell.before, cell.after): cell.events for cell in report.cells}
    before, gained = Counter[str](), Counter[str]()
    for (was, now), events in counts.items():
        before[was] += events
        if was != now:
            gained[now] += events
    order = [label for label, _ in gained.most_common()]
    longest = max(_LONGEST_WORD, len(f"{report.events:,}"))
    room = max(1, (width - _LABEL_WIDTH) // (longest + 2) - 2)
    shown = order if len(order) <= room else order[: room - 1]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("before \\ after", no_wrap=True)
    for name in ("all", "same", *shown, *(["others"] if len(shown) < len(order) else [])):
        table.add_column(_heading(name), justify="right", no_wrap=True, min_width=5)
    for was, total in before.most_common():
        changed = {now: counts.get((was, now), 0) for now in order if now != was}
        row = [changed.get(now, 0) for now in shown]
        if len(shown) < len(order):
            row.append(sum(changed.values()) - sum(row))
        same = counts.get((was, was), 0)
        table.add_row(Text(printable(was)), *(_count(each) for each in (total, same, *row)))
    return table


def _heading(label: str) -> Text:
    """Return a label with a line for each word, none longer than a column is wide."""
    words = (cut_to(word, _LONGEST_WORD) for word in label.split())
    return Text("\n".join(printable(word) for word in words))


def _count(count: int) -> str:
    return f"{count:,}" if count else "·"


def _templates(report: Report, most: int, width: int) -> Table:
    """Return a row for each template, which is what is cut where the terminal is narrow."""
    rows = [
        (f"{each.events:,}", each.before, each.after, printable(each.source, 16), each.template or "(others)")
        for each in report.templates[:most]
    ]
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title="templates that changed most",
        title_justify="left",
    )
    left = width - 7
    for place, name in enumerate(("events", "before", "after", "source", "template")):
        table.add_column(name, justify="right" if name == "events" else "left", no_wrap=True)
        if name != "template":
            left -= max(cell_len(text) for text in (name, *(row[place] for row in rows))) + 1
    for *others, template in rows:
        texts = (*others, cut_to(printable(template), max(left, _LONGEST_WORD)))
        table.add_row(*(Text(printable(text)) for text in texts))
    return table
