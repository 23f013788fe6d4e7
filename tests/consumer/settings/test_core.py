from types import SimpleNamespace

import pytest

from consumer.errors import SettingsError
from consumer.settings.core import described, native_module
from pipeline import native
from tests.consumer.settings.conftest import Problems, Read


def test_headers_are_named_or_none(read: Read, problems: Problems) -> None:
    assert read().output_headers == ("label", "tier", "event_id")
    assert read(OUTPUT_HEADERS="none").output_headers == ()
    assert read(OUTPUT_HEADERS="tier, label").output_headers == ("tier", "label")
    (line,) = problems(OUTPUT_HEADERS="label,tear")
    assert "tear is none of event_id, label, tier" in line


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (None, "is not installed"),
        (SimpleNamespace(INTERFACE=0, __version__="9.9"), r"is of another version \(9.9\)"),
    ],
)
def test_a_core_that_cannot_be_used_is_left_out_or_named(
    monkeypatch: pytest.MonkeyPatch, module: object, why: str
) -> None:
    def imported(name: str) -> object:
        if module is None:
            raise ImportError(name)
        return module

    monkeypatch.setattr(native, "import_module", imported)
    assert described("auto") == described("python") == "python"
    with pytest.raises(SettingsError, match=f"LOGSLUICE_CORE is native: logsluice-core {why}"):
        native_module("native")
