"""Where a test gets a browser from, and what becomes of it where there is none: skipped in words, failed in CI."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


def chromium() -> str:
    """Return the path of the browser that ``$CHROMIUM`` names, or of the first one on the PATH; or skip the test."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = f"$CHROMIUM ({named}) is not there" if named else "there is no Chromium on the PATH"
        message = f"the pages are not tested in a browser: {missing}: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def running_browser() -> Iterator[Browser]:
    """Yield a browser that runs until the iterator goes on, or skip the test that asked."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()
