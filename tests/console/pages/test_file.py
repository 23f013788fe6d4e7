"""The page Label a file in a browser, with a broker and without."""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.pages.conftest import Watched
from tests.support.classified import as_csv, as_json_lines, cascade
from tests.support.console_server import served


@pytest.fixture(scope="module")
def alone() -> Iterator[str]:
    """The address of a console without a broker."""
    with served(cascade(), None) as address:
        yield address


@pytest.fixture
def page(browser: Browser, alone: str) -> Iterator[Page]:
    watched = Watched(browser, alone)
    watched.allowed = ("422", "413", "415")
    yield watched.open("/")
    watched.close()


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("#chosen").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})


def test_a_file_is_looked_at_labelled_filtered_and_downloaded(page: Page, tmp_path: Path) -> None:
    expect(page).to_have_title("Label a file · logsluice")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["Label a file"])
    choose(page, "app.csv", as_csv(extra=True).encode())
    expect(page.get_by_role("heading", name="app.csv: CSV")).to_contain_text("3 columns")
    expect(page.locator("#message")).to_have_value("log_message")
    expect(page.locator("#first tr")).to_have_count(8)
    page.get_by_role("button", name="Label it").click()
    expect(page.get_by_role("heading", name="app.csv: 8 rows labelled")).to_be_focused()
    expect(page.locator("#labels tr")).to_contain_text(["HTTP Status"])
    page.locator("#of-label").select_option("Security Alert")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows tr")).to_contain_text("Failed password for invalid user admin")
    page.locator("#of-tier").select_option("none")
    expect(page.locator("#rows")).to_contain_text("No row is like this.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the labelled file").click()
    assert download.value.suggested_filename == "app-labelled.csv"
    download.value.save_as(tmp_path / "labelled.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "labelled.csv").read_text(encoding="utf-8"))))
    assert [row["target_label"] for row in rows[:2]] == ["HTTP Status", "Security Alert"]
    page.reload()
    expect(page.get_by_role("heading", name="app.csv: 8 rows labelled")).to_be_visible()
    page.get_by_role("button", name="Label another file").click()
    expect(page.locator("#chosen")).to_be_focused()


def test_it_is_all_done_by_keys(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "app.jsonl.gz"
    file.write_bytes(gzip.compress(as_json_lines().encode()))
    page.on(
        "filechooser", lambda _: None
    )  # the browser has to know, before a key is pressed, that a test chooses
    page.reload()
    page.locator("#chosen").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)
    expect(page.get_by_role("heading", name="app.jsonl.gz: JSON")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Label it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="app.jsonl.gz: 8 rows labelled")).to_be_focused()


def test_a_file_is_dropped_anywhere(page: Page) -> None:
    transfer = page.evaluate_handle(
        "text => { const t = new DataTransfer(); t.items.add(new File([text], 'drop.log')); return t; }",
        "disk is full\nuser signed out\n",
    )
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("heading", name="drop.log: plain text")).to_be_visible()
    expect(page.locator("#first tr")).to_have_count(2)


def test_where_no_column_is_the_message_another_is_chosen(page: Page) -> None:
    choose(page, "odd.csv", b"when,what,who\n1,disk is full,kernel\n2,user signed out,app\n")
    expect(page.get_by_role("alert").first).to_contain_text("what")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("large.log", b"a line of a log\n" * 140_000, "2,000,000"),
    ],
)
def test_what_cannot_be_labelled_is_refused_in_a_sentence(
    page: Page, name: str, content: bytes, said: str
) -> None:
    choose(page, name, content)
    expect(page.get_by_role("alert").first).to_contain_text(name)
    expect(page.get_by_role("alert").first).to_contain_text(said)
    expect(page.locator("#look")).to_be_hidden()


def test_a_running_job_says_how_far_it_is_and_is_cancelled(page: Page) -> None:
    # Every row is a template of its own, milliseconds each: it runs until it is cancelled.
    words = ("disk", "user", "queue", "order", "proxy", "cache", "index", "shard", "token", "robot")
    lines = (f"{a} {b} {c} {d}\n" for a in words for b in words for c in words for d in words)
    choose(page, "long.log", "".join(lines).encode())
    page.get_by_role("button", name="Label it").click()
    expect(page.locator("#rate")).to_contain_text(" left")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert").last).to_have_text("Cancelled: nothing was kept.")
    expect(page.get_by_role("button", name="Label it")).to_be_visible()
