"""The HTML page of ``evaluate``: one file that needs no other, light or dark as its reader's screen."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from files.terminal import printable
from training.evaluation import Evaluation, Group, Report, View, outcome
from training.report.drift import HEADER as MIX_HEADER
from training.report.drift import mix, sentences
from training.report.paired import HEADER, cells, differences, title_of
from training.report.plots import confusion_plot, coverage_plot, reliability_diagram
from training.report.tables import FIGURES, amount, legend, mistakes_sentence, rows_of, share

MOST_MISTAKES = 1_000
_MOST_CHARS = 4_000
_WAYS: tuple[tuple[str, Callable[[Evaluation], View]], ...] = (
    ("by template", lambda evaluation: evaluation.by_template),
    ("by line", lambda evaluation: evaluation.by_line),
)


class Table(NamedTuple):
    """What the template shows as a table; the first column is text, the others are figures."""

    header: list[str]
    rows: list[list[str]]


def page(report: Report) -> str:
    """Return the page of a report. Its template escapes all that it shows."""
    environment = Environment(
        loader=PackageLoader("training.report", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["shown"] = _shown
    return environment.get_template("page.html.j2").render(_context(report))


def _context(report: Report) -> dict[str, Any]:
    evaluation, against = report.evaluation, report.against
    judged = [evaluation] if against is None else [evaluation, against]
    return {
        "title": _shown(f"{evaluation.bundle} on {report.file}"),
        "bundle": _shown(evaluation.bundle),
        "counts": f"{report.rows:,} rows, {report.templates:,} templates of {report.sources:,} sources, "
        f"{report.lines:,} lines",
        "legend": legend(evaluation),
        "unknown": [(_shown(repr(label)), rows_of(count)) for label, count in report.unknown_labels.items()],
        "figures": _figures(judged),
        "compared": _compared(report),
        "drift": _drift(report),
        "changes": _changes(report),
        "mistakes": {
            "sentence": mistakes_sentence(report.mistakes, MOST_MISTAKES),
            "rows": report.mistakes[:MOST_MISTAKES],
        },
        "judged": [
            {
                "name": "" if against is None else f" ({_shown(each.bundle)})",
                "plots": _plots(report.labels, each),
                "tables": [
                    ("By label", _labels(each)),
                    ("By tier", _groups("tier", each, lambda view: view.by_tier)),
                    ("By source", _groups("source", each, lambda view: view.by_source)),
                ],
            }
            for each in judged
        ],
    }


def _shown(text: str) -> str:
    return printable(text, _MOST_CHARS)


def _figures(judged: Sequence[Evaluation]) -> Table:
    columns = [
        (f"{kind}, {way}" + (f": {_shown(each.bundle)}" if len(judged) > 1 else ""), figures)
        for way, view in _WAYS
        for kind in ("model", "published")
        for each in judged
        for figures in [view(each).model if kind == "model" else view(each).published]
    ]
    rows = [[name, *(share(read(figures)) for _, figures in columns)] for name, read in FIGURES]
    return Table(["", *(name for name, _ in columns)], rows)


def _plots(labels: Sequence[str], evaluation: Evaluation) -> list[tuple[Markup, str]]:
    view = evaluation.by_template
    names = [printable(label) for label in labels]
    return [
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


def _labels(evaluation: Evaluation) -> list[Table]:
    tables = []
    for way, view in _WAYS:
        header = [way, "support", "model precision", "recall", "F1", "published precision", "recall", "F1"]
        pairs = zip(view(evaluation).model.labels, view(evaluation).published.labels, strict=True)
        rows = [
            [
                _shown(model.label),
                amount(model.support),
                *(share(v) for each in (model, published) for v in (each.precision, each.recall, each.f1)),
            ]
            for model, published in pairs
        ]
        tables.append(Table(header, rows))
    return tables


def _groups(what: str, evaluation: Evaluation, groups: Callable[[View], Iterable[Group]]) -> list[Table]:
    tables = []
    for way, view in _WAYS:
        header = [f"{what}, {way}", "weight", "model right", "published right", "answered", "right of those"]
        rows = [
            [
                _shown(group.name) or "(none)",
                amount(group.weight),
                share(group.model_accuracy),
                share(group.accuracy),
                share(group.answered),
                share(group.precision),
            ]
            for group in groups(view(evaluation))
        ]
        tables.append(Table(header, rows))
    return tables


def _compared(report: Report) -> dict[str, Any] | None:
    if report.comparison is None:
        return None
    rows = [[_shown(cell) for cell in cells(each)] for each in differences(report.comparison)]
    sentence = _shown(report.comparison.sentence)
    return {"sentence": sentence, "title": title_of(report.comparison), "header": HEADER, "rows": rows}


def _drift(report: Report) -> dict[str, Any] | None:
    if report.drift is None:
        return None
    rows = [[_shown(cell) for cell in row] for row in mix(report.drift)]
    return {
        "sentences": sentences(report.drift),
        "mix": Table(MIX_HEADER, rows) if rows else None,
        "examples": report.drift.examples,
    }


def _changes(report: Report) -> dict[str, Any] | None:
    if report.changed is None or report.against is None:
        return None
    before, after = _shown(report.against.bundle), _shown(report.evaluation.bundle)
    counts = Counter(outcome(change) for change in report.changed)
    return {
        "before": before,
        "after": after,
        "sentence": f"{len(report.changed):,} published labels change from {before} to {after}: "
        f"{counts['better']:,} get better, {counts['worse']:,} worse, {counts['neither']:,} stay wrong.",
        "rows": [(outcome(change), change) for change in report.changed],
    }
