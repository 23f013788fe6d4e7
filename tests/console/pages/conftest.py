"""One browser and one console for all tests of the pages; a test finds templates of its own by a word of its own.

The browser ends with them, for it keeps an event loop running that other tests would trip over.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.support.chromium import running_browser
from tests.support.classified import cascade
from tests.support.console_server import Filled, served

NARROW, WIDE = (390, 844), (1280, 900)
expect.set_options(timeout=30_000)  # of a busy machine


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    yield from running_browser()


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console") / "store.db"


@pytest.fixture(scope="package")
def filled(store: Path) -> Iterator[Filled]:
    with closing(Filled(store, cascade())) as filled:
        yield filled


@pytest.fixture(scope="package")
def console(store: Path, filled: Filled) -> Iterator[str]:
    """The address of a console with a store."""
    with served(cascade(), store, filled) as address:
        yield address


class Watched:
    """Pages that must ask nobody but the console, and whose scripts must not fail."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.address = address
        self.problems: list[str] = []
        self.allowed: tuple[str, ...] = ()
        """Parts of problems that a test is about."""

    def open(self, path: str) -> Page:
        """Open a page in a window of its own, as somebody else would."""
        context = self._browser.new_context(
            base_url=self.address,
            viewport={"width": WIDE[0], "height": WIDE[1]},
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"error of a script: {error}"))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        page.on("request", self._check)
        page.goto(path)
        return page

    def _check(self, request: Request) -> None:
        own = urlsplit(self.address).netloc
        if urlsplit(request.url).netloc not in (own, ""):
            self.problems.append(f"asks {request.url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        left = [each for each in self.problems if not any(part in each for part in self.allowed)]
        assert not left


@pytest.fixture
def watched(browser: Browser, console: str) -> Iterator[Watched]:
    made = Watched(browser, console)
    yield made
    made.close()
