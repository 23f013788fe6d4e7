import json
from pathlib import Path
from typing import Any

import pytest

from consumer.errors import SettingsError
from consumer.settings import read_settings
from tests.consumer.settings.conftest import Problems, Read

SECRET = "hunter2-do-not-print"


def test_the_environment_wins_over_the_file_and_the_file_over_a_secret(read: Read) -> None:
    Path("secrets").mkdir()
    for name in ("kafka_sasl_password", "group_id", "http_port"):
        Path(f"secrets/logsluice_{name}").write_text(f"{SECRET}\n" if name != "http_port" else "1\n")
    Path(".env").write_text("LOGSLUICE_GROUP_ID=file\nLOGSLUICE_HTTP_PORT=2\nUNRELATED=x\n")
    settings = read(HTTP_PORT="3")
    assert settings.kafka_properties()["sasl.password"] == SECRET
    assert (settings.group_id, settings.http_port) == ("file", 3)


def test_the_secrets_directory_is_a_setting_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "logsluice_group_id").write_text("from a secret")
    monkeypatch.setenv("LOGSLUICE_SECRETS_DIR", str(tmp_path / "mine"))
    assert read_settings().group_id == "from a secret"


@pytest.mark.parametrize("wrong", [{}, {"HTTP_PORT": "x"}, {"KAFKA_SASL_PASWORD": SECRET}])
def test_secrets_are_never_printed(read: Read, problems: Problems, wrong: dict[str, str]) -> None:
    kafka: dict[str, Any] = {"sasl.password": SECRET}
    environment = {"KAFKA": json.dumps(kafka), "KAFKA_SASL_PASSWORD": SECRET, **wrong}
    if wrong:
        assert SECRET not in "".join(problems(**environment))
    else:
        settings = read(**environment)
        assert settings.kafka_properties()["sasl.password"] == SECRET
        assert SECRET not in repr(settings) + str(settings)


@pytest.mark.parametrize("value", [f'{{"sasl.password": "{SECRET}"', f'"{SECRET}"', f'{{"a": ["{SECRET}"]}}'])
def test_a_wrong_kafka_object_is_not_printed_for_it_may_hold_secrets(problems: Problems, value: str) -> None:
    assert SECRET not in "".join(problems(KAFKA=value))


def test_a_secret_file_may_hold_a_nested_setting(read: Read) -> None:
    Path("secrets").mkdir()
    Path("secrets/logsluice_llm__api_key").write_text("gsk_mine\n")
    llm = read().llm
    assert llm.provider == "groq"
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == "gsk_mine"


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_secrets_directory_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("LOGSLUICE_SECRETS_DIR", "/nowhere/at/all")
    else:
        Path(".env").write_text("LOGSLUICE_SECRETS_DIR=/nowhere/at/all\n")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == "LOGSLUICE_SECRETS_DIR is '/nowhere/at/all': there is no such directory."


def test_a_secret_file_that_is_no_text_is_a_sentence(read: Read) -> None:
    Path("secrets").mkdir()
    Path("secrets/logsluice_kafka_sasl_password").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"^the secret files in secrets cannot be read: .*"):
        read()


def test_what_else_lies_among_the_secrets_is_not_read(read: Read) -> None:
    Path("secrets/kubernetes.io/serviceaccount").mkdir(parents=True)
    Path("secrets/certificate.der").write_bytes(b"\xff\xfe")
    Path("secrets/logsluice_ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    Path("secrets/kubernetes.io/serviceaccount/logsluice_group_id").write_text("of somebody else")
    Path("mounted").write_text("mine")
    Path("secrets/logsluice_group_id").symlink_to(Path("mounted").resolve())
    assert read().group_id == "mine"
