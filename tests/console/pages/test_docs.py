"""The documents of the API in a browser: all of them is ours, and no script is in the page."""

import pytest
from playwright.sync_api import expect

from tests.console.pages.conftest import Watched


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_document_is_shown(watched: Watched, path: str) -> None:
    page = watched.open(path)
    for text in ("Label a file while it is being sent", "How far a job has come"):
        expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
