"""The map as a person uses it, in a browser: pointing, picking, colours, keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import running_browser
from tests.support.pages import read_page
from tests.training.discovery.found import LOUD, discovery
from training.discovery.page import page as made_page

expect.set_options(timeout=30_000)  # of a busy machine
MAP = "document.querySelector('main').logmap"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from running_browser()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(made_page(discovery()), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The map in a window of its own; it must ask for nothing but itself, and its scripts must not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: problems.append(asked.url) if asked.url != file.as_uri() else None)
    page.goto(file.as_uri())
    drawn(page)
    yield page
    context.close()
    assert not problems


def drawn(page: Page) -> None:
    """Wait until what is asked for is on the screen."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def place(page: Page, number: int) -> tuple[float, float]:
    """Return where a template is on the page."""
    x, y = page.evaluate(
        f"""() => {{ const {{ view, points }} = {MAP}, box = view.over.getBoundingClientRect();
        const [x, y] = view.canvas.toPage(points.x[{number}], points.y[{number}]);
        return [box.left + x, box.top + y]; }}"""
    )
    return x, y


def pixel(page: Page, number: int) -> list[int]:
    """Return the colour in which a template is drawn."""
    drawn(page)
    found: list[int] = page.evaluate(
        f"""() => {{ const {{ view, points }} = {MAP}, {{ base, canvas }} = view;
        const [x, y] = canvas.toPage(points.x[{number}], points.y[{number}]);
        const at = [x, y].map((each) => Math.round(each * canvas.ratio));
        return [...base.getContext("2d").getImageData(...at, 1, 1).data].slice(0, 3); }}"""
    )
    return found


def lasso(page: Page, *around: int) -> None:
    """Draw a line around some templates, with Shift held."""
    places = [place(page, number) for number in around]
    left, right = min(x for x, _ in places) - 20, max(x for x, _ in places) + 20
    top, bottom = min(y for _, y in places) - 20, max(y for _, y in places) + 20
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")


def test_the_page_is_one_file_and_what_a_template_holds_is_text(page: Page, file: Path) -> None:
    read = read_page(file.read_text(encoding="utf-8").replace("<main data-map", "<main title"))
    assert read.loads == []
    expect(page).to_have_title("Map of heap.log")
    page.mouse.move(*place(page, 6))
    expect(page.locator(".logmap-tip code")).to_have_text(LOUD)
    expect(page).to_have_title("Map of heap.log")


def test_pointing_at_a_template_says_what_it_is(page: Page) -> None:
    page.mouse.move(*place(page, 1))
    expect(page.locator(".logmap-tip code")).to_have_text("login refused b")
    expect(page.locator(".logmap-tip span")).to_have_text(
        "Security Alert 0.90 · sshd · 20 events · login refused"
    )
    x, y = place(page, 6)
    page.mouse.move(x + 90, y + 150)
    expect(page.locator(".logmap-tip")).to_be_hidden()


def test_a_lasso_picks_what_is_inside_and_the_list_is_copied_as_text(page: Page) -> None:
    lasso(page, 0, 1, 2)
    expect(page.locator(".logmap-none")).to_have_text("3 templates, 60 events")
    assert page.evaluate(f"{MAP}.picked()") == [0, 1, 2]
    expect(page.locator(".logmap-list code")).to_have_text(
        ["login refused a", "login refused b", "login refused c"]
    )
    page.get_by_role("button", name="Copy as text").click()
    expect(page.locator(".logmap-said")).to_have_text("3 copied")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t") == [
        "20",
        "Security Alert",
        "0.90",
        "sshd",
        "login refused",
        "login refused a",
    ]
    assert len(lines) == 3
    page.get_by_role("button", name="Clear").click()
    assert page.evaluate(f"{MAP}.picked()") == []


def test_a_click_picks_one_and_another_click_lets_it_go(page: Page) -> None:
    page.mouse.click(*place(page, 4))
    assert page.evaluate(f"{MAP}.picked()") == [4]
    page.mouse.click(*place(page, 4))
    assert page.evaluate(f"{MAP}.picked()") == []


def test_colours_follow_what_is_chosen_and_the_legend_hides(page: Page) -> None:
    by_label = [pixel(page, number) for number in (0, 2, 3, 6)]
    assert by_label[0] == by_label[1] != by_label[2]
    red = by_label[0]
    assert red[0] > 180 > 100 > red[1]  # a Security Alert
    page.get_by_label("Colour by").select_option("cluster")
    assert len({tuple(pixel(page, number)) for number in (0, 3, 6)}) == 3
    page.get_by_role("button", name="login refused").click()
    background = pixel(page, 0)
    assert background == pixel(page, 1) != pixel(page, 3)
    page.mouse.move(*place(page, 0))
    expect(page.locator(".logmap-tip")).to_be_hidden()
    lasso(page, 0, 1, 2)
    assert page.evaluate(f"{MAP}.picked()") == []
    page.get_by_role("button", name="Show all").click()
    assert pixel(page, 0) != background


def test_a_search_makes_what_it_finds_stand_out(page: Page) -> None:
    before = pixel(page, 0)
    page.get_by_role("searchbox").fill("FILLED kernel")
    expect(page.locator(".logmap-found")).to_have_text("3 found")
    assert pixel(page, 0) != before
    page.get_by_role("button", name="Pick them").click()
    assert page.evaluate(f"{MAP}.picked()") == [3, 4, 5]
    page.get_by_role("searchbox").fill("")
    assert pixel(page, 0) == before


def test_moving_and_zooming_keep_templates_under_the_pointer(page: Page) -> None:
    x, y = place(page, 3)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    drawn(page)
    assert place(page, 3) == pytest.approx((x, y), abs=1)
    assert place(page, 0)[0] < x - 900
    page.mouse.down()
    page.mouse.move(x - 60, y + 40, steps=4)
    page.mouse.up()
    assert place(page, 3) == pytest.approx((x - 60, y + 40), abs=4)
    assert page.evaluate(f"{MAP}.picked()") == []


def test_everything_is_reached_by_keys(page: Page) -> None:
    page.get_by_role("application", name="Map of templates").focus()
    x, y = place(page, 0)
    page.keyboard.press("ArrowLeft")
    assert place(page, 0)[0] > x
    page.keyboard.press("0")
    assert place(page, 0) == pytest.approx((x, y), abs=1)
    page.keyboard.press("n")  # the one in the middle
    expect(page.locator(".logmap-tip code")).to_have_text(LOUD)
    page.keyboard.press("Space")
    assert page.evaluate(f"{MAP}.picked()") == [6]
    page.keyboard.press("Enter")
    assert page.evaluate(f"{MAP}.picked()") == list(range(7))
    page.keyboard.press("Escape")
    assert page.evaluate(f"{MAP}.picked()") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_barriers_in_light_and_dark_wide_and_narrow(
    page: Page, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    lasso(page, 0, 1, 2)
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
