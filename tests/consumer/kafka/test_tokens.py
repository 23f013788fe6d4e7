"""Tokens for Amazon MSK: signed by Amazon's own package, and what is said where they cannot be."""

import base64
import sys
import time
from urllib.parse import parse_qs, urlparse

import pytest

from consumer.errors import BrokerError, SettingsError
from consumer.kafka.clients import check_properties, make_admin
from consumer.kafka.tokens import token_properties
from consumer.settings import Settings

AWS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
KEY = "hunter2-of-aws"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Settings(
        bootstrap_servers="b-1.logs.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098",
        kafka_auth={"method": "msk"},
    )


def test_a_token_is_a_signed_request_for_the_region_of_the_broker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    token, ends_at_s = token_properties(settings)["oauth_cb"]("")
    url = urlparse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    query = parse_qs(url.query)
    assert url.hostname == "kafka.eu-central-1.amazonaws.com"
    assert query["Action"] == ["kafka-cluster:Connect"]
    assert "AKIDEXAMPLE" in query["X-Amz-Credential"][0]
    assert 600 < ends_at_s - time.time() < 1200


def test_a_process_without_credentials_says_so_at_once(settings: Settings) -> None:
    check_properties(settings)  # which asks nobody for a token
    with pytest.raises(BrokerError, match="AWS gives no token"):
        make_admin(settings)


def test_a_missing_package_is_named_with_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("aws_msk_iam_sasl_signer")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aws_msk_iam_sasl_signer", None)
    with pytest.raises(SettingsError, match=r"pip install 'logsluice\[msk\]'"):
        check_properties(settings)
