"""The settings of the console: documented as they are, and refused in a sentence."""

import re
from pathlib import Path

import pytest

from console.settings import AllSettings, ConsoleSettings
from consumer.errors import SettingsError
from consumer.settings import read_as
from deploy.env_example import default_of
from tests.support.project import ROOT


def test_the_document_has_every_setting_with_its_default() -> None:
    text = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\| (.*) \|$", text, re.MULTILINE)
    fields = ConsoleSettings.model_fields.items()
    assert table == [(name.upper(), default_of(field), field.description) for name, field in fields]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOKEN", "fifteen-letters", "a token has 16 characters or more"),
        ("TOKEN", "with a space and long enough", "without spaces"),
        ("MAX_FILE_SIZE", "0", "greater than 0"),
        ("MAX_FILE_SIZE", "many", "byte"),
        ("SUPPORTED_FORMATS", "csv,xlsx", "one or more of csv, jsonl, text"),
        ("PUBLIC_URL", "logs.example.org", "It takes: address of the console"),
        ("TRUSTED_HEADER", "X Forwarded", "It takes: header by which a proxy"),
        ("PORT", "65536", "65535"),
        ("PROT", "1", "did you mean LOGSLUICE_CONSOLE__PORT?"),
    ],
)
def test_a_wrong_setting_is_named(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"LOGSLUICE_CONSOLE__{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_as(AllSettings, tmp_path / "none", tmp_path)
    assert f"LOGSLUICE_CONSOLE__{name}" in str(caught.value)
    assert said in str(caught.value)
    assert name != "TOKEN" or value not in str(caught.value)


def test_a_token_and_a_proxy_exclude_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOGSLUICE_CONSOLE__TOKEN", "long-enough-a-token")
    monkeypatch.setenv("LOGSLUICE_CONSOLE__TRUSTED_HEADER", "X-User")
    with pytest.raises(SettingsError, match="are both set"):
        read_as(AllSettings, tmp_path / "none", tmp_path)


def test_values_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOGSLUICE_CONSOLE__MAX_FILE_SIZE", "1GB")
    monkeypatch.setenv("LOGSLUICE_CONSOLE__SUPPORTED_FORMATS", "CSV, text")
    (tmp_path / "logsluice_console__token").write_text("a-token-from-a-secret\n")
    found = read_as(AllSettings, tmp_path / "none", tmp_path).console
    assert (found.max_file_size, found.supported_formats) == (1_000_000_000, ("csv", "text"))
    assert found.token is not None
    assert found.token.get_secret_value() == "a-token-from-a-secret"
