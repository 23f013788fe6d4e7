"""The page Review with a shadow bundle in a browser: the other queue, and accepting what the bundle says."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from console.shadow import ShadowLabels
from console.store.store import Store
from pipeline.bundle import read_bundle
from tests.console.pages.conftest import NARROW, Watched
from tests.console.store.events import labelled
from tests.support.changed_bundle import LINE, with_rule
from tests.support.classified import cascade
from tests.support.console_server import Filled, served
from tests.support.kafka_server import wait_until


@pytest.fixture
def shadowed(tmp_path: Path, small: Path, browser: Browser) -> Iterator[Watched]:
    """A console with two templates, of which a shadow bundle labels one differently."""
    directory, path = tmp_path / "next", tmp_path / "store.db"
    copytree(small, directory)
    with_rule(directory, "Security Alert")
    with closing(Filled(path, cascade())) as filled, closing(Store(path)) as store:
        filled.write([labelled(LINE, "Error", confidence=1.0)] * 5)
        filled.write([labelled(f"alike {LINE}", "Security Alert", confidence=1.0)] * 5)
        with closing(ShadowLabels(directory, store, read_bundle(directory))) as shadow:
            wait_until(lambda: len(shadow.opinions) == 2, "both are labelled", 60)
            with served(cascade(), path, filled, shadow=shadow) as address:
                watched = Watched(browser, address)
                yield watched
                watched.close()


def test_what_a_shadow_bundle_would_change_is_reviewed_by_keys(shadowed: Watched) -> None:
    page = shadowed.open("/review")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    page.get_by_label("Queue").select_option("shadow")
    page.get_by_role("button", name="Show", exact=True).click()
    rows = page.get_by_role("listbox", name="Most worth a look").get_by_role("option")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("shadow: Security Alert")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("✓ Security Alert")
    page.get_by_role("link", name="Show the next ones").click()
    expect(page.get_by_text("gives the same labels, as far as it has looked")).to_be_visible()
