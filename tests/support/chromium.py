"""Where a test gets a browser from: the machine's own, or Debian's, unpacked into ``.cache``; never installed.

Where there is none the test is skipped in words, and fails in CI.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.debian_packages import CACHE, finish_unpacking, libraries, unpack
from tests.support.missing import skip_in_words

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACKED = CACHE / "usr/lib/chromium/chromium"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


def chromium() -> Path:
    """Return the path of the browser that ``$CHROMIUM`` names, or of the first one that is found; or skip the test."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return Path(found)
    if not named:
        finish_unpacking()
    if not named and not UNPACKED.exists():
        unpack(_with_what_it_needs("chromium"))
    if named or not UNPACKED.exists():
        missing = (
            f"$CHROMIUM ({named}) is not there" if named else "there is none, and Debian's cannot be had"
        )
        skip_in_words(f"the pages are not tested in a browser: {missing}: apt-get install chromium")
    return UNPACKED


def running_browser() -> Iterator[Browser]:
    """Yield a browser that runs until the iterator goes on, or skip the test that asked."""
    path = chromium()
    environment: dict[str, str | float | bool] | None = None
    if path == UNPACKED:
        environment = {**os.environ, "LD_LIBRARY_PATH": libraries()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, env=environment)
        yield browser
        browser.close()


def _with_what_it_needs(package: str) -> tuple[str, ...]:
    """Return the packages that an installation would add to this machine; none where apt does not know it."""
    command = ["apt-get", "--simulate", "--no-install-recommends", "install", package]
    if not shutil.which(command[0]):
        return ()
    if subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode:
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return tuple(line.split()[1] for line in lines if line.startswith("Inst "))
