"""The page Now: what is going on in the stream, what has changed, what is new."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.api.from_store import now_ms, reading
from console.flow import FlowWatch
from console.pages.charts import stacked
from console.pages.look import in_order
from console.pages.render import page
from console.parts import Parts
from console.store.bundles import bundles
from console.store.queries import new, totals
from console.store.rows import Counts
from console.store.timeline import counts, dead_letters

HOUR_S = 3600
MINUTE_S = 60
NEW_SHOWN = 12
LEAST_MINUTES = 10
"""Shown of a stream that has just begun."""
BUNDLES_SINCE_MS = 5 * 60_000
_LEAST_S = 10
"""A minute that has just begun says little about its rate."""


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


def now_router(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    if parts.store is None:

        @router.get("/")
        def no_stream() -> Response:
            """Without a broker there is the page of files alone."""
            return RedirectResponse("/file")

        return router

    flow = FlowWatch(parts.settings, parts.clock)

    @router.get("/")
    def now_page(request: Request) -> Response:
        """Show the page."""
        return _render(request, parts, flow, "now.html")

    @router.get("/now/figures")
    def figures(request: Request) -> Response:
        """Show the part of the page that is asked for again every few seconds."""
        return _render(request, parts, flow, "now_figures.html")

    return router


def _render(request: Request, parts: Parts, flow: FlowWatch, template: str) -> HTMLResponse:
    at_ms = now_ms(parts)
    with reading(parts) as connection:
        two_hours = counts(connection, 2 * HOUR_S, MINUTE_S, at_ms)
        tiers = counts(connection, HOUR_S, MINUTE_S, at_ms, "tier")
        dead = dead_letters(connection, HOUR_S, MINUTE_S, at_ms)
        fresh = new(connection, at_ms - HOUR_S * 1000, at_ms, NEW_SHOWN)
        total = totals(connection)
        in_use = bundles(connection, at_ms - BUNDLES_SINCE_MS)
    rates = without_start(rates_of(two_hours, at_ms))
    order = in_order([label for label, values in rates.items() if any(values)])
    llm = parts.settings.llm
    return page(
        request,
        template,
        chart=stacked(rates, order),
        minutes=len(next(iter(rates.values()), ())),
        legend=[(label, rates[label][-1]) for label in reversed(order)],
        rate=sum(values[-1] for values in rates.values()),
        changes=changes(two_hours),
        dead=sum(map(sum, dead.by_label.values())),
        new=fresh,
        totals=total,
        flow=flow.latest(),
        bundles=in_use,
        llm=llm.endpoint().model if llm.enabled else None,
        llm_events=sum(tiers.by_label.get("llm", ())),
    )


def rates_of(two_hours: Counts, at_ms: int) -> Mapping[str, list[float]]:
    """Return the events a second of each label, minute by minute over the last hour.

    The minute that is going on counts by the seconds that are over, or is left out where it has just begun.
    """
    passed_s = (at_ms // 1000) % MINUTE_S
    steps = [MINUTE_S] * (HOUR_S // MINUTE_S - 1) + ([passed_s] if passed_s >= _LEAST_S else [])
    return {
        label: [
            events / seconds for events, seconds in zip(values[-HOUR_S // MINUTE_S :], steps, strict=False)
        ]
        for label, values in two_hours.by_label.items()
    }


def without_start(rates: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Return series without the minutes before the first event, but for the last `LEAST_MINUTES`."""
    busy = [place for values in rates.values() for place, value in enumerate(values) if value]
    length = len(next(iter(rates.values()), ()))
    begin = max(min([*busy, length - LEAST_MINUTES]), 0)
    return {label: values[begin:] for label, values in rates.items()}


def changes(two_hours: Counts) -> list[Change]:
    """Return what has changed, by label: ``two_hours`` has a step for each minute, the last one still going on."""
    steps = len(next(iter(two_hours.by_label.values()), ())) // 2
    now = {label: sum(values[steps:]) for label, values in two_hours.by_label.items()}
    total = sum(now.values()) or 1
    return [
        Change(label, now[label], sum(two_hours.by_label[label][:steps]), now[label] / total)
        for label in in_order(list(now))
    ]
