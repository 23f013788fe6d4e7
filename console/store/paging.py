"""Pages of a list: each begins after the last row of the one before, so that rows which are added move nothing."""

import base64
from typing import Annotated, Any

import msgspec

from console.store.rows import Order, PageOf


class OrderBy(msgspec.Struct, frozen=True):
    """A column of `templates`, and which end of it comes first."""

    column: str
    direction: str


_ORDERS: dict[Order, OrderBy] = {
    "events": OrderBy("events", "DESC"),
    "last_seen": OrderBy("last_ms", "DESC"),
    "first_seen": OrderBy("first_ms", "DESC"),
    "confidence": OrderBy("confidence", "ASC"),
}
_Int = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""What SQLite takes: a cursor may be made up."""
_Place = tuple[Order, _Int | float, _Int]


def order_of(name: Order) -> OrderBy:
    """Return what an order means."""
    return _ORDERS[name]


def cursor_of(order: Order, last: tuple[int, int | float]) -> str:
    """Return the cursor of the page after a row, given as its number and its value in the order's column."""
    number, value = last
    return base64.urlsafe_b64encode(msgspec.json.encode((order, value, number))).decode().rstrip("=")


def after(page: PageOf) -> tuple[str, list[Any]]:
    """Return the condition that a page's rows fulfil, and its values.

    Raises:
        ValueError: the cursor is not one of a list in this order.
    """
    cursor = page.cursor or ""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        order, value, number = msgspec.json.decode(raw, type=_Place)
    except (ValueError, msgspec.MsgspecError):
        order, value, number = None, 0, 0
    if order != page.order:
        raise ValueError("the cursor is not one of this list: leave it out to begin with the first page")
    by = _ORDERS[page.order]
    sign = "<" if by.direction == "DESC" else ">"
    return f"({by.column}, number) {sign} (?, ?)", [value, number]
