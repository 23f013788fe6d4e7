"""The bundles that have labelled lately."""

import sqlite3


def bundles(connection: sqlite3.Connection, since_ms: int) -> list[tuple[str, int]]:
    """Return the bundles that labelled the latest event of a template since a time, and of how many, most first."""
    found = connection.execute(
        "SELECT name, templates FROM (SELECT bundle, count(*) AS templates FROM templates WHERE last_ms >= ? "
        "GROUP BY bundle) JOIN names ON names.id = bundle ORDER BY templates DESC, name",
        [since_ms],
    )
    return [(name, templates) for name, templates in found]
