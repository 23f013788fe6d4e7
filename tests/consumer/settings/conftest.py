import os
from collections.abc import Callable
from pathlib import Path

import pytest

from consumer.errors import EXIT_SETTINGS, SettingsError
from consumer.settings import Settings, read_settings

Read = Callable[..., Settings]
Problems = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's environment, and no ``.env`` in the directory."""
    for name in os.environ:
        if name.upper().startswith(("LOGSLUICE_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    def read(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name if name == "GROQ_API_KEY" else f"LOGSLUICE_{name}", value)
        return read_settings(secrets=Path("secrets"))

    return read


@pytest.fixture
def problems(read: Read) -> Problems:
    """Return the sentences about settings that are wrong."""

    def problems(**environment: str) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            read(**environment)
        assert caught.value.exit_code == EXIT_SETTINGS
        assert caught.value.__context__ is None  # which would print what was given
        return str(caught.value).splitlines()

    return problems
