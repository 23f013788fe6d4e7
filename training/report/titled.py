"""How the tables of `evaluate` and `compare` look in a terminal."""

from rich import box
from rich.table import Table


def titled(title: str) -> Table:
    """Return a table without columns under a title."""
    return Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
