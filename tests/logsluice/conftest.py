"""Fixtures of the tests of commands that load a bundle."""

import pytest

from pipeline import cascade as module
from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from tests.support import default_model
from tests.support.classified import cascade


@pytest.fixture
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the cascade once for all tests of this process: it takes seconds."""

    def load_cascade(bundle: Bundle) -> Cascade:
        assert bundle.digest == default_model.bundle().digest
        return cascade()

    monkeypatch.setattr(module, "load_cascade", load_cascade)
