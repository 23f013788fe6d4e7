"""The page Review in a browser: by keys, by mouse, by two people."""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from consumer.errors import BrokerError
from tests.console.pages.conftest import Watched
from tests.console.store.events import labelled
from tests.support.console_server import Filled


def fill(filled: Filled, word: str, templates: Sequence[str] = ("one", "two", "three", "four")) -> None:
    """Write templates with a word in common; the first has the most events, and so comes first."""
    for place, name in enumerate(templates):
        text = f"{word} link {name} lost"
        record = labelled(text, "Unclassified", "router", tier="none", confidence=0.4, best_guess="Error")
        filled.write([record] * (2 * (len(templates) - place)))


def queue(watched: Watched, word: str) -> Page:
    page = watched.open(f"/review?search={word}")
    expect(row(page, 0)).to_be_visible()
    return page


def row(page: Page, place: int) -> Locator:
    return rows(page).nth(place)


def rows(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Most worth a look").get_by_role("option")


def test_one_key_gives_a_label_and_one_takes_it_back(watched: Watched, filled: Filled) -> None:
    fill(filled, "keyed")
    page = queue(watched, "keyed")
    page.keyboard.press("3")
    expect(row(page, 0)).to_contain_text("✓ Error")
    expect(page.get_by_role("status").last).to_contain_text("Error: keyed link one lost, 8 events so far")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.press("1")
    expect(row(page, 1)).to_contain_text("✓ Security Alert")
    page.keyboard.press("u")
    expect(row(page, 1)).not_to_contain_text("✓")
    page.keyboard.press("u")
    expect(row(page, 0)).not_to_contain_text("✓")
    expect(row(page, 0)).to_be_focused()
    page.keyboard.press("u")
    expect(page.get_by_role("status").last).to_have_text("There is nothing to undo.")


def test_enter_accepts_what_is_suggested_and_the_row_is_out_of_the_next_queue(
    watched: Watched, filled: Filled
) -> None:
    fill(filled, "accepted", ["one", "two"])
    page = queue(watched, "accepted")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(row(page, 1)).to_contain_text("✓ Error")
    page.get_by_role("link", name="Show the next ones").click()
    expect(rows(page)).to_have_count(1)
    expect(row(page, 0)).to_contain_text("accepted link one lost")


def test_what_is_selected_gets_the_label_that_was_given_last(watched: Watched, filled: Filled) -> None:
    fill(filled, "several")
    page = queue(watched, "several")
    for key in "jxjxkk":
        page.keyboard.press(key)
    expect(row(page, 0)).to_be_focused()
    expect(row(page, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("a")
    expect(page.get_by_role("status").last).to_contain_text("Give one of them a label first")
    page.keyboard.press("4")
    apply = page.get_by_role("button", name="Give 2 selected (10 events) the label Workflow Error")
    expect(apply).to_be_enabled()
    page.keyboard.press("a")
    expect(page.locator(".queue .given")).to_have_count(3)
    page.keyboard.press("u")
    expect(page.locator(".queue .given")).to_have_count(1)


def test_all_of_it_works_with_the_mouse(watched: Watched, filled: Filled) -> None:
    fill(filled, "clicked")
    page = queue(watched, "clicked")
    row(page, 2).click()
    expect(page.locator("#current")).to_have_text("clicked link three lost")
    page.get_by_role("button", name="User Action").click()
    expect(row(page, 2)).to_contain_text("✓ User Action")
    page.get_by_role("button", name="Accept Error").click()
    expect(row(page, 3)).to_contain_text("✓ Error")
    row(page, 0).locator(".pick").click()
    page.get_by_role("button", name="Give 1 selected (8 events) the label Error").click()
    expect(page.locator(".queue .given")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".queue .given")).to_have_count(2)


def test_those_like_it_that_are_ticked_get_its_label_with_it(watched: Watched, filled: Filled) -> None:
    fill(filled, "together")
    page = queue(watched, "together")
    page.get_by_role("checkbox", name="together link three lost").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").last).to_contain_text("Error: 2 templates, 12 events so far")
    expect(row(page, 0)).to_contain_text("✓ Error")
    expect(row(page, 2)).to_contain_text("✓ Error")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator(".queue .given")).to_have_count(0)


def test_keys_are_shown_and_do_nothing_in_a_field_or_with_control(watched: Watched, filled: Filled) -> None:
    fill(filled, "inert", ["one", "two"])
    page = queue(watched, "inert")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("searchbox").press("3")
    row(page, 0).press("Control+3")
    row(page, 0).press("j")
    expect(row(page, 1)).to_be_focused()
    expect(page.locator(".queue .given, .queue .outcome:not(:empty)")).to_have_count(0)


def test_two_people_see_what_the_other_has_given(watched: Watched, filled: Filled) -> None:
    fill(filled, "shared")
    one, other = queue(watched, "shared"), queue(watched, "shared")
    one.keyboard.press("2")
    expect(row(other, 0)).to_contain_text("✓ Critical Error")
    expect(other.get_by_role("button", name="Undo")).to_be_disabled()
    one.keyboard.press("u")
    expect(row(other, 0)).not_to_contain_text("✓")


def test_a_correction_that_fails_is_seen_and_can_be_given_again(watched: Watched, filled: Filled) -> None:
    fill(filled, "failing")
    page = queue(watched, "failing")
    watched.allowed = ("503",)
    filled.error = BrokerError("the broker does not answer")
    try:
        page.keyboard.press("3")
        expect(row(page, 0)).to_contain_text("not saved")
        expect(page.get_by_role("status").last).to_have_text("the broker does not answer")
    finally:
        filled.error = None
    page.keyboard.press("k")
    page.keyboard.press("3")
    expect(row(page, 0)).to_contain_text("✓ Error")
