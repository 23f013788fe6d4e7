"""The HTML page of ``evaluate``: one file that needs no other, light or dark as its reader's screen."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape

from files.terminal import printable
from training.evaluation import Change, Evaluation, Group, Report, View, outcome
from training.report.plots import confusion_plot, coverage_plot, reliability_diagram
from training.report.tables import FIGURES, amount, legend, rows_of, share

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d5dae1; --page: #ffffff;
  --first: #2166ac; --second: #b35806; --good: #1b7837; --bad: #b2182b; --on: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b4; --line: #39424f; --page: #14181e;
  --first: #6db1f2; --second: #f0a35e; --good: #5fc27e; --bad: #f0737f; --on: #10141a; } }
body { margin: 2rem auto; padding: 0 1rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
p { max-width: 50rem; } .soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
th.text, td.text { text-align: left; } td.message { text-align: left; font-family: ui-monospace, monospace;
  font-size: 13px; overflow-wrap: anywhere; min-width: 18rem; }
tr.better td:first-child { border-left: 4px solid var(--good); }
tr.worse td:first-child { border-left: 4px solid var(--bad); }
tr.neither td:first-child { border-left: 4px solid var(--line); }
.plots { display: flex; flex-wrap: wrap; gap: 2rem; } figure { margin: 0; } figcaption { color: var(--soft); }
svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .tick { fill: var(--soft); } svg .mid, svg .count { text-anchor: middle; }
svg .end { text-anchor: end; } svg .frame { fill: none; stroke: var(--line); }
svg .guide { stroke: var(--soft); stroke-dasharray: 4 4; } svg .bar { fill: var(--first); }
svg .dot { fill: var(--second); } svg .line { fill: none; stroke-width: 2; }
svg .line0 { stroke: var(--first); } svg .line1 { stroke: var(--second); }
svg text.name { stroke: none; } svg text.line0 { fill: var(--first); } svg text.line1 { fill: var(--second); }
svg .cell { stroke: var(--line); } svg .hit { fill: var(--good); } svg .miss { fill: var(--bad); }
svg .count.strong { fill: var(--on); }
"""
_MOST_CHARS = 4_000
_WAYS: tuple[tuple[str, Callable[[Evaluation], View]], ...] = (
    ("by template", lambda evaluation: evaluation.by_template),
    ("by line", lambda evaluation: evaluation.by_line),
)


def page(report: Report) -> str:
    """Return the page of a report."""
    evaluation, against = report.evaluation, report.against
    title = f"{evaluation.bundle} on {report.file}"
    parts = [
        f"<h1>{_text(title)}</h1>",
        f"<p>{report.rows:,} rows, {report.templates:,} templates of {report.sources:,} sources, "
        f"{report.lines:,} lines. {_text(legend(evaluation))}</p>",
    ]
    parts += [
        f"<p>{_text(repr(label))} ({rows_of(count)}) is no label of {_text(evaluation.bundle)}.</p>"
        for label, count in report.unknown_labels.items()
    ]
    judged = [evaluation] if against is None else [evaluation, against]
    parts.append("<h2>Figures</h2>" + _figures(judged))
    if report.changed is not None and against is not None:
        parts.append(_changes(report.changed, against.bundle, evaluation.bundle))
    for each in judged:
        name = "" if against is None else f" ({_text(each.bundle)})"
        parts += [
            f"<h2>Plots of the model{name}, by template</h2>" + _plots(report.labels, each),
            f"<h2>By label{name}</h2>" + _labels(each),
            f"<h2>By tier{name}</h2>" + _groups("tier", each, lambda view: view.by_tier),
            f"<h2>By source{name}</h2>" + _groups("source", each, lambda view: view.by_source),
        ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(printable(text, _MOST_CHARS))


def _table(header: Sequence[str], rows: Iterable[str]) -> str:
    first, *others = header
    head = f'<th class="text">{_text(first)}</th>' + "".join(f"<th>{_text(name)}</th>" for name in others)
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n' + "\n".join(rows) + "\n</table></div>"


def _row(name: str, cells: Iterable[str]) -> str:
    return f'<tr><td class="text">{_text(name)}</td>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"


def _figures(judged: Sequence[Evaluation]) -> str:
    columns = [
        (f"{kind}, {way}" + (f": {each.bundle}" if len(judged) > 1 else ""), figures)
        for way, view in _WAYS
        for kind in ("model", "published")
        for each in judged
        for figures in [view(each).model if kind == "model" else view(each).published]
    ]
    rows = (_row(name, (share(read(figures)) for _, figures in columns)) for name, read in FIGURES)
    return _table(["", *(name for name, _ in columns)], rows)


def _plots(labels: Sequence[str], evaluation: Evaluation) -> str:
    view = evaluation.by_template
    names = [printable(label) for label in labels]
    plots = [
        (
            reliability_diagram(view.model.bins, "Reliability"),
            "On the dashed line confidence is what it says. A pale bar stands for few answers.",
        ),
        (
            coverage_plot(
                [("by template", view.model.curve), ("by line", evaluation.by_line.model.curve)],
                "Coverage against precision",
            ),
            "The surest answers first; dashed lines at 90 and 95 %.",
        ),
        (
            confusion_plot(names, view.model.confusion, "Confusion of the model"),
            "The model: true labels down, given ones across.",
        ),
        (
            confusion_plot(names, view.published.confusion, "Confusion of what is published"),
            "Published: Unclassified where no tier is sure.",
        ),
    ]
    figures = (f"<figure>{svg}<figcaption>{text}</figcaption></figure>" for svg, text in plots)
    return '<div class="plots">' + "\n".join(figures) + "</div>"


def _labels(evaluation: Evaluation) -> str:
    parts = []
    for way, view in _WAYS:
        header = [way, "support", "model precision", "recall", "F1", "published precision", "recall", "F1"]
        pairs = zip(view(evaluation).model.labels, view(evaluation).published.labels, strict=True)
        rows = (
            _row(
                model.label,
                [amount(model.support)]
                + [share(v) for each in (model, published) for v in (each.precision, each.recall, each.f1)],
            )
            for model, published in pairs
        )
        parts.append(_table(header, rows))
    return "<br>".join(parts)


def _groups(what: str, evaluation: Evaluation, groups: Callable[[View], Sequence[Group]]) -> str:
    parts = []
    for way, view in _WAYS:
        header = [f"{what}, {way}", "weight", "model right", "published right", "answered", "right of those"]
        rows = (
            _row(
                group.name or "(none)",
                [
                    amount(group.weight),
                    share(group.model_accuracy),
                    share(group.accuracy),
                    share(group.answered),
                    share(group.precision),
                ],
            )
            for group in groups(view(evaluation))
        )
        parts.append(_table(header, rows))
    return "<br>".join(parts)


def _changes(changed: Sequence[Change], before: str, after: str) -> str:
    counts = Counter(outcome(change) for change in changed)
    said = (
        f"<h2>Changed labels</h2>\n<p>{len(changed):,} published labels change from {_text(before)} to "
        f"{_text(after)}: {counts['better']:,} get better, {counts['worse']:,} worse, "
        f"{counts['neither']:,} stay wrong.</p>"
    )
    header = ["", "source", "message", "true", before, after, "lines"]
    rows = (
        f'<tr class="{outcome(change)}"><td class="text soft">{outcome(change)}</td>'
        f'<td class="text">{_text(change.source)}</td><td class="message">{_text(change.message)}</td>'
        f'<td class="text">{_text(change.truth)}</td>'
        f'<td class="text">{_text(change.before)} {change.before_confidence:.2f}</td>'
        f'<td class="text">{_text(change.after)} {change.after_confidence:.2f}</td>'
        f"<td>{change.lines:,}</td></tr>"
        for change in changed
    )
    return said + (_table(header, rows) if changed else "")
