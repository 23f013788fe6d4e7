"""Plots as inline SVG: a reliability diagram, coverage against precision, a confusion matrix.

Colours are variables of the page's style sheet, so that a plot is as light or dark as its page.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape

from training.measures import Bin, Point

_SIZE = 320  # of a square plot area, in units of the drawing
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 14, 14, 46
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_CELL = 44
_LABEL_CHARS = 24


def reliability_diagram(bins: Sequence[Bin], title: str) -> Markup:
    """Return bars of how many answers of a confidence are right; calibrated ones end on the diagonal."""
    drawn = [
        f'<line class="guide" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>',
    ]
    for each in bins:
        top = _y(each.accuracy)
        width = _x(each.upper) - _x(each.lower) - 2
        hint = f"confidence {each.confidence:.3f}, right {each.accuracy:.3f}, {each.share:.1%} of all answers"
        opacity = 0.25 + 0.75 * min(1.0, each.share * 4)  # a bin with few answers says little
        drawn.append(
            f'<rect class="bar" x="{_x(each.lower) + 1:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{_y(0) - top:.1f}" fill-opacity="{opacity:.2f}"><title>{hint}</title></rect>'
        )
        drawn.append(f'<circle class="dot" cx="{_x(each.confidence):.1f}" cy="{top:.1f}" r="3"/>')
    return _plot(title, "confidence", "share that is right", _TICKS, _TICKS, drawn)


def coverage_plot(curves: Sequence[tuple[str, Sequence[Point]]], title: str) -> Markup:
    """Return the precision (from 0.5 up) of the surest answers against how many they are, a line a curve."""
    low = 0.5
    ticks = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

    def height(precision: float) -> float:
        return _y((max(precision, low) - low) / (1 - low))

    drawn = [
        f'<line class="guide" x1="{_x(0)}" y1="{height(level):.1f}" x2="{_x(1)}" y2="{height(level):.1f}"/>'
        for level in (0.90, 0.95)
    ]
    for number, (name, curve) in enumerate(curves):
        path = " ".join(f"{_x(each.coverage):.1f},{height(each.precision):.1f}" for each in curve)
        drawn.append(f'<polyline class="line line{number}" points="{path}"/>')
        drawn.append(
            f'<text class="line{number} name" x="{_x(0) + 10}" y="{_y(0) - 12 - 16 * number}">'
            f"{escape(name)}</text>"
        )
    return _plot(title, "share answered, surest first", "share that is right", _TICKS, ticks, drawn, low=low)


def confusion_plot(labels: Sequence[str], confusion: Sequence[Sequence[float]], title: str) -> Markup:
    """Return a heat map: true labels down, given ones across, shaded by the share of the true label."""
    margin = 190
    size = _CELL * len(labels)
    drawn = []
    for row, (label, cells) in enumerate(zip(labels, confusion, strict=True)):
        y = margin + row * _CELL
        drawn.append(
            f'<text class="tick end" x="{margin - 8}" y="{y + _CELL / 2 + 4}">{_short(label)}</text>'
        )
        x = margin + row * _CELL + _CELL / 2 + 4
        drawn.append(
            f'<text class="tick" transform="translate({x},{margin - 8}) rotate(-60)">{_short(label)}</text>'
        )
        total = sum(cells)
        for column, cell in enumerate(cells):
            part = cell / total if total else 0.0
            kind = "hit" if row == column else "miss"
            hint = escape(f"{label} labelled {labels[column]}: {cell:,.1f} of {total:,.1f}")
            x = margin + column * _CELL
            drawn.append(
                f'<rect class="cell {kind}" x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" '
                f'fill-opacity="{part:.3f}"><title>{hint}</title></rect>'
            )
            if cell:
                strong = " strong" if part > 0.55 else ""
                drawn.append(
                    f'<text class="count{strong}" x="{x + _CELL / 2}" y="{y + _CELL / 2 + 4}">'
                    f"{_count(cell)}</text>"
                )
    extent = margin + size + 60
    return _svg(title, extent, margin + size + 8, drawn)


def _plot(
    title: str,
    x_name: str,
    y_name: str,
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    drawn: Sequence[str],
    low: float = 0.0,
) -> Markup:
    axes = [f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}"/>']
    axes += [f'<text class="tick mid" x="{_x(t):.1f}" y="{_y(0) + 18}">{t:.1f}</text>' for t in x_ticks]
    axes += [
        f'<text class="tick end" x="{_LEFT - 8}" y="{_y((t - low) / (1 - low)) + 4:.1f}">{t:.1f}</text>'
        for t in y_ticks
    ]
    middle = _TOP + _SIZE / 2
    axes += [
        f'<text class="tick mid" x="{_LEFT + _SIZE / 2}" y="{_y(0) + 38}">{escape(x_name)}</text>',
        f'<text class="tick mid" transform="translate(14,{middle}) rotate(-90)">{escape(y_name)}</text>',
    ]
    return _svg(title, _LEFT + _SIZE + _RIGHT, _TOP + _SIZE + _BOTTOM, [*axes, *drawn])


def _svg(title: str, width: float, height: float, drawn: Sequence[str]) -> Markup:
    name = escape(title)
    inside = "\n".join(drawn)
    # Markup: every text in it was escaped where it was drawn.
    return Markup(  # noqa: S704
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{name}">'
        f"<title>{name}</title>\n{inside}\n</svg>"
    )


def _x(share: float) -> float:
    return _LEFT + share * _SIZE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIZE


def _short(label: str) -> Markup:
    return escape(label if len(label) <= _LABEL_CHARS else label[: _LABEL_CHARS - 1] + "…")


def _count(cell: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if cell >= size:
            return f"{cell / size:.3g}{unit}"
    return f"{cell:.3g}"
