"""The pages of templates, Now and what their look promises, in a browser."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.console.pages.conftest import NARROW, WIDE, Watched
from tests.console.store.events import labelled
from tests.support.console_server import Filled

RULE = "repeated-login-failures"
MATCHED = "Multiple login failures for user <num>"
LOUD = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def templates(filled: Filled) -> None:
    """Ten thousand templates with a script in them, and some more; most of them have one event."""
    filled.write(
        labelled(f"{LOUD} number {number} of many", source=f"<b>{number % 7}</b>") for number in range(10_000)
    )
    filled.write(
        [labelled(MATCHED, "Security Alert", "Billing", tier="rules", rule=RULE, confidence=1.0)] * 30_000
    )
    filled.write([labelled("could not connect to <ip>: connection refused", "Error", "proxy")] * 20_000)


def test_templates_are_searched_filtered_and_paged(watched: Watched) -> None:
    page = watched.open("/templates")
    rows = page.locator("#rows tr:not(.more)")
    expect(rows.first).to_contain_text("Multiple login failures")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(100)
    page.get_by_role("searchbox").fill("connection refused")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("search=connection"))
    page.get_by_role("searchbox").fill("")
    expect(rows).to_have_count(50)
    page.locator("select[name=tier]").select_option("rules")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("tier=rules"))
    page.reload()
    expect(page.locator("select[name=tier]")).to_have_value("rules")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MATCHED)


@pytest.mark.parametrize("path", ["/", "/templates?search=number", "/review?search=number"])
def test_what_a_log_says_is_text(watched: Watched, path: str) -> None:
    page = watched.open(path)
    expect(page.locator("main")).to_contain_text("<script>")
    expect(page).not_to_have_title("owned")
    expect(page.locator("main img, main script, main b")).to_have_count(0)


def test_a_rule_shows_what_it_matched(watched: Watched) -> None:
    page = watched.open("/templates?tier=rules")
    page.locator("#rows").get_by_role("link").first.click()
    why = page.get_by_role("region", name="Why")
    expect(why).to_contain_text(RULE)
    expect(why.locator("mark")).to_contain_text(re.compile("login failures", re.IGNORECASE))


def test_words_are_weighed_a_label_is_given_and_taken_back(watched: Watched) -> None:
    page = watched.open("/templates?search=connection refused")
    page.locator("#rows").get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Why").locator(".chips")).to_contain_text("refused")
    page.locator("select[name=label]").select_option("Workflow Error")
    page.locator("select[name=source]").select_option("proxy")
    page.get_by_role("button", name="Give this label").click()
    verdicts = page.get_by_role("region", name="Verdicts")
    expect(verdicts.get_by_role("row").nth(1)).to_contain_text("proxy")
    expect(verdicts).to_contain_text("Workflow Error")
    verdicts.get_by_role("button", name="Take back").click()
    expect(verdicts).to_contain_text("Neither a person nor an LLM")
    page.get_by_role("link", name="proxy").click()
    expect(page.locator("input[name=source]")).to_have_value("proxy")


def test_now_shows_rates_and_names_colours(watched: Watched) -> None:
    page = watched.open("/")
    expect(page.get_by_role("list", name="Events a second now")).to_contain_text("Security Alert")
    expect(page.get_by_role("region", name="This hour against the one before")).to_contain_text("30,000")
    page.get_by_role("link", name="all of them").click()
    expect(page.get_by_label("New ones only")).to_be_checked()


def test_a_store_that_cannot_follow_the_stream_says_so_until_it_can(watched: Watched, filled: Filled) -> None:
    filled.problem = "the broker does not answer"
    try:
        page = watched.open("/templates")
        expect(page.locator("main")).to_contain_text("What is shown may be old: the broker does not answer")
    finally:
        filled.problem = None
    page.reload()
    expect(page.locator("main")).not_to_contain_text("may be old")


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = ["/", "/file", "/review", "/templates", "/live", "/templatesID"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_readable_for_all_in_light_and_dark_wide_and_narrow(watched: Watched, path: str) -> None:
    page = opened(watched, path)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def opened(watched: Watched, path: str) -> Page:
    """Open a page, and wait for what it asks for by itself; ``ID`` stands for a template's."""
    page = watched.open(path.replace("ID", "?tier=rules"))
    if path.endswith("ID"):
        page.locator("#rows").get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(MATCHED)
    if path == "/review":
        expect(page.locator("#more .facts")).to_be_visible()
    return page
