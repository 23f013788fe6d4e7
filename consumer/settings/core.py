"""What the hot path runs on, as the settings have it: the native core, or Python alone."""

from typing import Any, Literal

from consumer.errors import SettingsError
from pipeline.native import load_core

Choice = Literal["auto", "native", "python"]


def native_module(choice: Choice) -> Any | None:
    """Return the native core; None where Python is to do its work.

    Raises:
        SettingsError: it is asked for, and is not there or is of another version.
    """
    if choice == "python":
        return None
    try:
        return load_core()
    except ImportError as error:
        if choice == "native":
            raise SettingsError(f"LOGSLUICE_CORE is native: logsluice-core {error}") from error
        return None


def described(choice: Choice) -> str:
    """Return what does the work of the hot path, for people."""
    module = native_module(choice)
    return "python" if module is None else f"native {module.__version__}"
