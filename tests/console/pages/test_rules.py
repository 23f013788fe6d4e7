"""The page Rules in a browser: what is suggested is looked at and accepted, by keys and by mouse."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pipeline.bundle import default_bundle, read_bundle
from tests.console.pages.conftest import NARROW, Watched
from tests.console.store.events import labelled
from tests.support.classified import cascade
from tests.support.console_server import Filled, served
from training.suggesting.corpus import corpus_messages

FAMILIES = {
    "Ledger <num> of {} cannot be balanced with parcel <num>": "Workflow Error",
    "Turbine governor {} drifts out of its band by <num>": "Resource Usage",
    "Parcel sorter {} greets its operator again": "System Notification",
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one's own."""
    made = tmp_path_factory.mktemp("rules") / "bundle"
    shutil.copytree(default_bundle(), made)
    return made


@pytest.fixture(scope="module")
def own(browser: Browser, directory: Path) -> Iterator[Watched]:
    """A console whose bundle may be changed, over a store of a few templates."""
    corpus_messages()  # made once for the process, which takes longer than a browser may wait for a page
    store = directory.parent / "store.db"
    with closing(Filled(store, cascade())) as filled:
        for place, (family, label) in enumerate(FAMILIES.items()):
            for name in ("north", "south", "west"):
                record = labelled(family.format(name), label, "plant", confidence=0.97)
                filled.write([record] * (30 - 10 * place), ago_ms=7_200_000 if name == "west" else 0)
        with served(cascade(), store, filled, bundle=directory) as address:
            made = Watched(browser, address)
            yield made
            made.close()


def rules(page: Page) -> list[str]:
    return [each.split(" decides")[0] for each in page.locator("section.rule h2").all_inner_texts()]


def names(directory: Path) -> list[str]:
    return [rule.name for rule in read_bundle(directory).rules.rules]


def test_a_rule_is_looked_at_and_accepted_by_keys_and_another_with_the_mouse(
    own: Watched, directory: Path
) -> None:
    page = own.open("/rules")
    expect(page.get_by_role("main")).to_contain_text("logsluice promote --back")
    sections = page.locator("section.rule")
    expect(sections).to_have_count(3)
    first, second, _ = rules(page)
    expect(sections.nth(0)).to_contain_text("3 templates with 90 events")
    expect(sections.nth(0)).to_contain_text("events a day")
    expect(sections.nth(0)).to_contain_text("labels 0.97 sure")
    expect(sections.nth(0)).to_contain_text("Changes no label")
    expect(sections.nth(0)).to_contain_text("Ledger 17 of north cannot be balanced with parcel 17")
    page.keyboard.press("j")
    expect(sections.nth(0).get_by_role("button")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(sections.nth(0)).to_contain_text("✓ accepted")
    assert names(directory)[-1] == first
    expect(sections.nth(1).get_by_role("button")).to_be_focused()
    page.get_by_role("button", name=f"Accept {second}").click()
    expect(sections.nth(1)).to_contain_text("✓ accepted")
    expect(page.get_by_role("status").last).to_contain_text(f"{second} is in default@")
    assert names(directory)[-2:] == [first, second]
    # Another browser is not offered what was accepted, though no event has come since.
    expect(own.open("/rules").locator("section.rule")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_hard_to_see_or_to_reach(own: Watched, scheme: Literal["light", "dark"]) -> None:
    page = own.open("/rules")
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("section.rule").first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_cannot_be_accepted_says_why(watched: Watched, filled: Filled) -> None:
    for name in ("north", "south", "west"):
        text = f"Windmill {name} waves goodbye to its visitors"
        filled.write([labelled(text, "User Action", "mill", confidence=0.99)] * 40)
    page = watched.open("/rules")
    expect(page.locator(".banner")).to_contain_text("logsluice rules copy")
    mill = page.locator("section.rule").filter(has_text="Windmill")
    expect(mill.get_by_role("button")).to_be_disabled()
