"""The page Now: what is going on in the stream, what has changed, what is new."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.api.from_store import reading
from console.pages.charts import stacked
from console.pages.look import in_order
from console.pages.render import page
from console.parts import Parts
from console.store.queries import new, totals
from console.store.rows import Counts
from console.store.timeline import counts, dead_letters

router = APIRouter(include_in_schema=False)
HOUR_S = 3600
MINUTE_S = 60
NEW_SHOWN = 12


class Change(NamedTuple):
    """The events of a label in this hour, those of the hour before, and the share of this hour's that they are."""

    label: str
    now: int
    before: int
    share: float

    @property
    def ratio(self) -> float | None:
        """How many times as many as before; None where there were none."""
        return self.now / self.before if self.before else None


@router.get("/")
def now_page(request: Request) -> Response:
    """Show the page; without a broker there is only the page of files."""
    parts: Parts = request.app.state.parts
    if parts.store is None:
        return RedirectResponse("/file")
    return _render(request, parts, "now.html")


@router.get("/now/figures")
def figures(request: Request) -> Response:
    """Show the part of the page that is asked for again every few seconds."""
    return _render(request, request.app.state.parts, "now_figures.html")


def _render(request: Request, parts: Parts, template: str) -> HTMLResponse:
    now_ms = int(parts.clock() * 1000)
    with reading(parts) as connection:
        two_hours = counts(connection, 2 * HOUR_S, MINUTE_S, now_ms)
        dead = dead_letters(connection, HOUR_S, MINUTE_S, now_ms)
        fresh = new(connection, now_ms - HOUR_S * 1000, now_ms, NEW_SHOWN)
        total = totals(connection)
    this_hour = {label: values[60:] for label, values in two_hours.by_label.items() if any(values[60:])}
    order = in_order(list(this_hour))
    return page(
        request,
        template,
        # The minute that is not over yet would be a dip at the end of the chart.
        chart=stacked(
            {label: [each / MINUTE_S for each in values[:-1]] for label, values in this_hour.items()}, order
        ),
        rate=sum(values[-2] for values in two_hours.by_label.values()) / MINUTE_S,
        changes=changes(two_hours),
        dead=sum(map(sum, dead.by_label.values())),
        new=fresh,
        totals=total,
    )


def changes(two_hours: Counts) -> list[Change]:
    """Return what has changed, by label: ``two_hours`` has a step for each minute, the last one still going on."""
    steps = len(next(iter(two_hours.by_label.values()), ())) // 2
    now = {label: sum(values[steps:]) for label, values in two_hours.by_label.items()}
    total = sum(now.values()) or 1
    return [
        Change(label, now[label], sum(two_hours.by_label[label][:steps]), now[label] / total)
        for label in in_order(list(now))
    ]
