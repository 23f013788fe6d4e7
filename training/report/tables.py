"""What ``evaluate`` prints: the figures of a bundle, or of two side by side, as tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from files.terminal import printable
from training.evaluation import Change, Evaluation, Group, Mistake, Report, View, outcome
from training.measures import Figures
from training.report.drift import show_drift
from training.report.paired import show_comparison
from training.report.titled import titled

MOST_SOURCES = 30
MOST_CHANGES = 20
MOST_MISTAKES = 20
_MESSAGE_CHARS = 90
_MOST_WORD = 24
_MISTAKE_CHARS = 200

FIGURES: tuple[tuple[str, Callable[[Figures], float | None]], ...] = (
    ("accuracy", lambda f: f.accuracy),
    ("macro-F1, labels of the file", lambda f: f.macro_f1),
    ("macro-F1, all labels given", lambda f: f.macro_f1_all),
    ("answered", lambda f: f.answered),
    ("right of those answered", lambda f: f.precision),
    ("coverage at 95 % precision", lambda f: f.coverage_at_95),
    ("coverage at 90 % precision", lambda f: f.coverage_at_90),
    ("expected calibration error", lambda f: f.calibration_error),
)
"""What is said of every view, in this order: a name, and how to read it off."""


def show(report: Report, console: Console) -> None:
    """Print a report."""
    evaluation = report.evaluation
    console.print(
        Text(
            f"{printable(report.file)}: {report.rows:,} rows, {report.templates:,} templates of "
            f"{report.sources:,} sources, {report.lines:,} lines"
        )
    )
    for label, count in report.unknown_labels.items():
        console.print(
            Text(f"{printable(label)!r} ({rows_of(count)}) is no label of {printable(evaluation.bundle)}")
        )
    console.print(Text(legend(evaluation)))
    if report.against is None:
        console.print(_figures(evaluation))
    else:
        for what, which in (("by template", "by_template"), ("by line", "by_line")):
            console.print(_side_by_side(what, getattr(evaluation, which), getattr(report.against, which)))
    console.print(_labels(evaluation.by_template))
    console.print(_confusion(report.labels, evaluation.by_template.model))
    console.print(_groups("by tier", "tier", evaluation, lambda view: view.by_tier))
    console.print(_groups("by source", "source", evaluation, lambda view: view.by_source))
    if report.drift is not None:
        show_drift(report.drift, console)
    _mistakes(report.mistakes, console)
    if report.comparison is not None:
        show_comparison(report.comparison, console)
    if report.changed is not None and report.against is not None:
        _changes(report.changed, report.against.bundle, evaluation.bundle, console)


def legend(evaluation: Evaluation) -> str:
    """Return two sentences that say what the two columns of figures are."""
    tiers = "rules, embedding" if evaluation.tiers == "all" else "the embedding tier alone"
    return (
        f"{printable(evaluation.bundle)}: `model` is the likeliest label of the classifier, without rules and "
        f"threshold; `published` is what would be written ({tiers}; from a confidence of "
        f"{evaluation.threshold:.2f} on). Unclassified counts as a label."
    )


def rows_of(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def share(value: float | None) -> str:
    """Return a share with three digits; a dash where there is nothing to share."""
    return "-" if value is None else f"{value:.3f}"


def amount(value: float) -> str:
    """Return a weight: whole where it is, else with one digit."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def _table(title: str, *columns: str, names: Iterable[str] = (), left: int = 1) -> Table:
    """Return an empty table, whose headings and ``names`` (cells of the first column) break between words only."""
    table = titled(title)
    for place, column in enumerate(columns):
        words = [*column.split(), *(word for name in names if place == 0 for word in name.split())]
        table.add_column(
            Text(column),
            justify="left" if place < left else "right",
            overflow="fold",
            min_width=min(_MOST_WORD, max(map(len, words), default=1)),
        )
    return table


def _figures(evaluation: Evaluation) -> Table:
    views = (evaluation.by_template, evaluation.by_line)
    columns = [figures for view in views for figures in (view.model, view.published)]
    table = _table(
        "figures", "", "model, by template", "published, by template", "model, by line", "published, by line"
    )
    for name, read in FIGURES:
        table.add_row(name, *(share(read(each)) for each in columns))
    return table


def _side_by_side(what: str, view: View, against: View) -> Table:
    columns = ("", "model", "against", "change", "published", "against", "change")
    table = _table(f"figures {what}", *columns)
    for name, read in FIGURES:
        cells: list[str | Text] = []
        for ours, theirs in ((view.model, against.model), (view.published, against.published)):
            now, before = read(ours), read(theirs)
            change = "-" if now is None or before is None else f"{now - before:+.3f}"
            cells += [share(now), share(before), change]
        table.add_row(name, *cells)
    return table


def _labels(view: View) -> Table:
    table = _table(
        "by label, by template (precision, recall, F1)",
        "label", "support", "model P", "R", "F1", "published P", "R", "F1",
        names=[label.label for label in view.model.labels],
    )  # fmt: skip
    for model, published in zip(view.model.labels, view.published.labels, strict=True):
        cells = (share(v) for each in (model, published) for v in (each.precision, each.recall, each.f1))
        table.add_row(Text(printable(model.label)), amount(model.support), *cells)
    return table


def _confusion(labels: Sequence[str], figures: Figures) -> Table:
    numbers = [str(number) for number in range(1, len(labels) + 1)]
    table = _table("confusion of the model, by template: true labels down, given labels across", "", *numbers)
    for number, (label, row) in enumerate(zip(labels, figures.confusion, strict=True), start=1):
        cells = [
            Text(amount(cell) if cell else "·", style="bold" if column == number else "")
            for column, cell in enumerate(row, start=1)
        ]
        table.add_row(Text(f"{number} {printable(label)}"), *cells)
    return table


def _groups(
    title: str, what: str, evaluation: Evaluation, groups: Callable[[View], Sequence[Group]]
) -> Table:
    by_line = {group.name: group for group in groups(evaluation.by_line)}
    found = groups(evaluation.by_template)
    table = _table(
        title, what, "templates", "model right", "published right", "answered", "right of those", "lines",
        "lines right", names=[group.name for group in found[:MOST_SOURCES]],
    )  # fmt: skip
    for group in found[:MOST_SOURCES]:
        lines = by_line[group.name]
        table.add_row(
            Text(printable(group.name) or "(none)"),
            amount(group.weight),
            share(group.model_accuracy),
            share(group.accuracy),
            share(group.answered),
            share(group.precision),
            amount(lines.weight),
            share(lines.accuracy),
        )
    if len(found) > MOST_SOURCES:
        table.caption = f"and {len(found) - MOST_SOURCES:,} more, in --json and --html"
    return table


def mistakes_sentence(mistakes: Sequence[Mistake], most: int) -> str:
    """Return how many kinds of messages were got wrong, and how many of them are shown."""
    if not mistakes:
        return "Nothing was published with a wrong label."
    lines = sum(each.lines for each in mistakes)
    unsure = sum(each.tier == "none" for each in mistakes)
    shown = f" The worst {most:,} are shown; --json has all." if len(mistakes) > most else ""
    return (
        f"{len(mistakes):,} templates ({lines:,} lines) got a wrong label, {unsure:,} of them Unclassified because "
        f"no tier was sure; the worst first.{shown}"
    )


def _mistakes(mistakes: Sequence[Mistake], console: Console) -> None:
    console.print(Text(mistakes_sentence(mistakes, MOST_MISTAKES)))
    for each in mistakes[:MOST_MISTAKES]:
        said = f"{printable(each.label)} ({printable(each.rule or each.tier)}, {each.confidence:.2f})"
        if each.guess != each.label:
            said += f", likeliest {printable(each.guess)}"
        lines = f", {each.lines:,} lines" if each.lines > 1 else ""
        console.print(Text(f"  {printable(each.truth)} was labelled {said}{lines}", style="bold"))
        source = f"{printable(each.source)}: " if each.source else ""
        console.print(Text(f"    {source}{printable(each.message, _MISTAKE_CHARS)}"))
    if mistakes:
        console.print()


def _changes(changed: Sequence[Change], before: str, after: str, console: Console) -> None:
    before, after = printable(before), printable(after)
    counts = Counter(outcome(change) for change in changed)
    console.print(
        Text(
            f"{len(changed):,} published labels change from {before} to {after}: {counts['better']:,} get "
            f"better, {counts['worse']:,} worse, {counts['neither']:,} stay wrong"
        )
    )
    if not changed:
        return
    shown = changed[:MOST_CHANGES]
    words = " ".join(label for each in shown for label in (each.truth, each.before, each.after)).split()
    width = min(_MOST_WORD, max(map(len, words)))
    table = _table("changed", "source", "message", "true", "before", "after", "lines", left=5)
    for column in table.columns[2:5]:
        column.min_width = width
    for change in shown:
        table.add_row(
            Text(printable(change.source)),
            Text(printable(change.message, _MESSAGE_CHARS)),
            Text(printable(change.truth)),
            Text(f"{printable(change.before)} {change.before_confidence:.2f}"),
            Text(f"{printable(change.after)} {change.after_confidence:.2f}"),
            f"{change.lines:,}",
        )
    if len(changed) > MOST_CHANGES:
        table.caption = f"and {len(changed) - MOST_CHANGES:,} more, in --json and --html"
    console.print(table)
