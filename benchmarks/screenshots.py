"""``make screenshots``: the pages that the README shows, of two made-up hours, into ``docs/``."""

import random
import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec
from playwright.sync_api import expect

from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.event import Event
from tests.support.chromium import running_browser
from tests.support.console_server import Filled, served
from training.corpus import Template, read_corpus
from training.values import expand

DOCS = Path(__file__).parents[1] / "docs"
SIZE = {"width": 1280, "height": 800}
SYSTEMS, OF_A_SYSTEM = 40, 10
TEMPLATES, NEW_FROM, MINUTES, A_MINUTE = SYSTEMS * OF_A_SYSTEM, 380, 125, 60
MINUTE_MS = 60_000


def main() -> None:
    """Fill a store, serve it, and take the pictures."""
    cascade = load_cascade(read_bundle(default_bundle()))
    with tempfile.TemporaryDirectory() as directory:
        store = Path(directory) / "store.db"
        with closing(Filled(store, cascade, warm_ago_ms=90 * MINUTE_MS)) as filled:
            fill(filled, cascade)
            with served(cascade, store, filled) as address:
                take(address)


def fill(filled: Filled, cascade: Cascade) -> None:
    """Write two hours of events as this bundle labels them; some kinds come in the last minutes alone."""
    chance = random.Random(7)
    by_system: dict[str, list[Template]] = {}
    for row in read_corpus():
        by_system.setdefault(row.system, []).append(row)
    # Several templates of a system, for templates that are much alike are labelled together.
    systems = chance.sample([each for each in by_system.values() if len(each) >= OF_A_SYSTEM], SYSTEMS)
    rows = [row for each in systems for row in chance.sample(each, OF_A_SYSTEM)]
    chance.shuffle(rows)
    events = [Event(row.system, expand(row.template, chance)) for row in rows]
    records = [
        msgspec.json.encode(
            {
                "source": event.source,
                "classification": {
                    **msgspec.structs.asdict(verdict),
                    "bundle": cascade.bundle.version,
                },
            }
        )
        for event, verdict in zip(events, cascade.label(events), strict=True)
    ]
    weights = [1 / (place + 3) for place in range(TEMPLATES)]
    for ago in range(MINUTES, -1, -1):
        known = TEMPLATES if ago < 20 else NEW_FROM
        so_far = A_MINUTE if ago else int(time.time() % 60)  # of the minute that is going on
        drawn = chance.choices(range(known), weights[:known], k=so_far)
        batch = [records[each] for each in drawn for _ in range(1 + int(chance.expovariate(1 / 20)))]
        filled.write(batch, ago * MINUTE_MS)


def take(address: str) -> None:
    """Take the pictures, in the light colours."""
    browsers = running_browser()
    page = next(browsers).new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
    page.goto(f"{address}/")
    expect(page.get_by_role("list", name="Events a second now")).to_be_visible()
    page.screenshot(path=DOCS / "console-now.png")
    page.goto(f"{address}/review")
    expect(page.locator("#more .facts")).to_be_visible()
    for key in ("3", "j", "x", "k"):
        page.keyboard.press(key)
    expect(page.locator("#queue .given")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=DOCS / "console-review.png")
    next(browsers, None)


if __name__ == "__main__":
    main()
