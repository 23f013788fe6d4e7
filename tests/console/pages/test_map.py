"""The page Map: drawn from the store, a group picked on it by mouse or keys, labelled, taken back, sent to review."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.console.pages.conftest import NARROW, WIDE, Watched
from tests.console.store.events import labelled
from tests.support.classified import cascade
from tests.support.console_server import Filled, served

pytestmark = pytest.mark.timeout(300)
LOUD = "<script>document.title='owned'</script>"
PLACES = ("disk", "link", "fan", "power supply", "controller", "cable")
KINDS = (
    ("the {} of node <num> has failed and was switched off", "Critical Error", "kernel"),
    ("user <user> has opened the page about the {}", "User Action", "shop"),
    (f"{LOUD} the option for the {{}} is deprecated, use another one", "Deprecation Warning", "build"),
)
WORDS = ("old", "new", "left", "right", "first", "second")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A store of its own: three kinds of templates, 36 of each."""
    with closing(Filled(tmp_path_factory.mktemp("map") / "store.db", cascade())) as filled:
        for form, label, source in KINDS:
            for number, word in enumerate(WORDS):
                records = [labelled(form.format(f"{word} {place}"), label, source) for place in PLACES]
                filled.write(record for record in records for _ in range(number + 1))
        yield filled


@pytest.fixture(scope="module")
def address(filled: Filled) -> Iterator[str]:
    with served(cascade(), filled.path, filled) as address:
        yield address


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    made = Watched(browser, address)
    yield made
    made.close()


@pytest.fixture
def page(watched: Watched) -> Page:
    """The page with its map drawn."""
    page = watched.open("/map")
    expect(page.locator("#map-state")).to_contain_text(
        "108 templates, projected by t-SNE", timeout=240_000
    )  # it loads scikit-learn
    expect(page.get_by_role("application", name="Map of templates")).to_be_visible()
    return page


def pick(page: Page, search: str) -> None:
    page.get_by_role("searchbox", name="Search").fill(search)
    page.get_by_role("button", name="Pick them").click()


def test_it_is_drawn_with_clusters_and_shows_what_a_log_says_as_text(page: Page) -> None:
    expect(page.get_by_role("button", name="Draw it again")).to_be_visible()
    page.get_by_label("Colour by").select_option("cluster")
    expect(page.locator(".logmap-legend li")).not_to_have_count(1)
    pick(page, "script deprecated")
    expect(page.locator(".logmap-list")).to_contain_text("<script>")
    expect(page).not_to_have_title("owned")
    expect(page.locator("#group-said")).to_contain_text(
        "36 templates, 126 events so far: Deprecation Warning 36"
    )


def test_a_group_is_labelled_after_a_question_and_taken_back(page: Page) -> None:
    pick(page, "fan failed")
    expect(page.locator("#group-said")).to_contain_text("6 templates")
    page.locator("select[name=label]").select_option("Error")
    page.get_by_role("button", name="Give 6 templates this label").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("6 templates with 21 events so far get the label Error")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#group-said")).to_contain_text("Critical Error 6")
    page.get_by_role("button", name="Give 6 templates this label").click()
    dialog.get_by_role("button", name="Give it").click()
    expect(page.locator("#group-said")).to_contain_text("21 events so far: Error 6")
    page.reload()
    pick(page, "fan failed")
    expect(page.locator("#group-said")).to_contain_text("Error 6")
    page.locator("select[name=label]").select_option("Workflow Error")
    page.get_by_role("button", name="Give 6 templates this label").click()
    dialog.get_by_role("button", name="Give it").click()
    expect(page.locator("#group-said")).to_contain_text("Workflow Error 6")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#said")).to_contain_text("Undone: 6 templates")


def test_a_correction_that_fails_is_said_and_changes_nothing(
    page: Page, filled: Filled, watched: Watched
) -> None:
    watched.allowed = ("the server responded with a status of 500",)
    filled.error = OSError("the disk is full")
    try:
        pick(page, "cable opened")
        page.get_by_role("button", name="Give 6 templates this label").click()
        page.get_by_role("dialog").get_by_role("button", name="Give it").click()
        expect(page.locator("#said")).to_contain_text("an error of ours")
        expect(page.locator("#group-said")).to_contain_text("User Action 6")
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    finally:
        filled.error = None


def test_what_is_picked_by_keys_is_sent_to_review(page: Page) -> None:
    page.get_by_role("application", name="Map of templates").focus()
    page.keyboard.press("n")
    page.keyboard.press(" ")
    expect(page.locator("#group-said")).to_contain_text("1 template,")
    template = page.locator(".logmap-list code").inner_text()
    page.get_by_role("button", name="Send to review").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/review\?id=[0-9a-f]{16}$"))
    expect(page.locator("#queue li")).to_have_count(1)
    expect(page.locator("#queue li")).to_contain_text(template)


def test_what_is_picked_is_turned_into_a_rule(page: Page) -> None:
    pick(page, "power supply opened")
    page.locator("select[name=label]").select_option("Resource Usage")
    page.get_by_role("button", name="Turn into a rule").click()
    expect(page.locator(".facts").first).to_contain_text(
        "For 6 templates picked on the map, as Resource Usage"
    )
    suggested = page.locator("section.rule")
    expect(suggested).to_have_count(1)
    expect(suggested).to_contain_text("6 templates with 21 events")
    expect(suggested).to_contain_text("Labels that change: User Action 21 events")


def test_a_line_drawn_around_templates_picks_them(page: Page) -> None:
    page.get_by_role("button", name="Lasso").click()
    box = page.locator(".logmap-over").bounding_box()
    assert box is not None
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    for place, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if place == 0:
            page.mouse.down()
    page.mouse.up()
    expect(page.locator("#group-said")).to_contain_text("108 templates, 378 events so far")


def test_it_is_drawn_again_when_somebody_asks(page: Page) -> None:
    with page.expect_response(
        lambda answer: answer.url.endswith("/map/data") and answer.request.method == "GET"
    ):
        page.get_by_role("button", name="Draw it again").click()
    expect(page.locator("#map-state")).to_contain_text("108 templates, projected by t-SNE")


def test_the_page_is_readable_for_all(page: Page) -> None:
    pick(page, "fan")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
    page.locator("select[name=label]").select_option("Error")
    page.get_by_role("button", name="Give 18 templates this label").click()
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()
    page.get_by_role("button", name="Cancel").click()
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
