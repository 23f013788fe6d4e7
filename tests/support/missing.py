"""What becomes of a test that needs what the machine has not got."""

import os
from typing import NoReturn

import pytest


def skip_in_words(message: str) -> NoReturn:
    """Skip the test that asked, and say why; in CI, where a skipped promise is a broken one, fail it."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
