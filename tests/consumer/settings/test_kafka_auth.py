"""The settings for logging in with tokens: what each method makes of them, and what does not go together."""

import json

import pytest

from tests.consumer.settings.conftest import Problems, Read

MSK = ",".join(f"b-{n}.logs.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098" for n in (1, 2))
HUBS = "acme-logs.servicebus.windows.net:9093"
SECRET = "hunter2-do-not-print"
CLIENT = {"KAFKA_AUTH__CLIENT_ID": "sluice", "KAFKA_AUTH__CLIENT_SECRET": SECRET + "\n"}


def test_any_provider_of_tokens(read: Read) -> None:
    settings = read(
        KAFKA_AUTH__METHOD="OIDC",
        KAFKA_AUTH__TOKEN_URL="https://login.example.com/oauth2/token",
        KAFKA_AUTH__SCOPE="kafka",
        KAFKA='{"sasl.oauthbearer.extensions": "logicalCluster=lkc-1", "security.protocol": "SASL_PLAINTEXT"}',
        **CLIENT,
    )
    assert settings.logs_in_by_token
    assert settings.kafka_properties() == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": "https://login.example.com/oauth2/token",
        "sasl.oauthbearer.client.id": "sluice",
        "sasl.oauthbearer.client.secret": SECRET,
        "sasl.oauthbearer.scope": "kafka",
        "sasl.oauthbearer.extensions": "logicalCluster=lkc-1",
    }


def test_event_hubs_needs_no_more_than_its_namespace_and_its_tenant(read: Read) -> None:
    settings = read(
        BOOTSTRAP_SERVERS=HUBS, KAFKA_AUTH__METHOD="azure", KAFKA_AUTH__TENANT="acme.example", **CLIENT
    )
    properties = settings.kafka_properties()
    assert properties["security.protocol"] == "SASL_SSL"
    assert properties["sasl.oauthbearer.scope"] == "https://acme-logs.servicebus.windows.net/.default"
    url = properties["sasl.oauthbearer.token.endpoint.url"]
    assert url == "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("brokers", "region"),
    [(MSK, "eu-central-1"), ("boot-x.c1.kafka-serverless.us-east-2.amazonaws.com:9098", "us-east-2")],
)
def test_the_region_of_aws_is_in_the_name_of_the_broker(read: Read, brokers: str, region: str) -> None:
    settings = read(BOOTSTRAP_SERVERS=brokers, KAFKA_AUTH__METHOD="msk")
    assert settings.kafka_auth.aws_region(settings.bootstrap_servers) == region
    assert settings.kafka_properties()["sasl.mechanism"] == "OAUTHBEARER"
    other = read(KAFKA_AUTH__REGION="ap-south-1")
    assert other.kafka_auth.aws_region(settings.bootstrap_servers) == "ap-south-1"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"METHOD": "oidc", "CLIENT_ID": "x"},
            "oidc needs LOGSLUICE_KAFKA_AUTH__TOKEN_URL and LOGSLUICE_KAFKA_AUTH__CL",
        ),
        (
            {"METHOD": "azure", "TENANT": "t", "CLIENT_ID": "x"},
            "azure needs LOGSLUICE_KAFKA_AUTH__CLIENT_SECRET",
        ),
        ({"METHOD": "msk"}, "LOGSLUICE_KAFKA_AUTH__REGION is needed"),
        ({"METHOD": "kerberos"}, "oidc, msk (AWS IAM) or azure (Entra)"),
        ({"TENANT": "t"}, "LOGSLUICE_KAFKA_AUTH__TENANT needs LOGSLUICE_KAFKA_AUTH__METHOD"),
        (
            {"METHOD": "oidc", "TOKEN_URL": f"https://sluice:{SECRET}@login.example.com/"},
            "TOKEN_URL: string should match",
        ),
    ],
)
def test_what_is_missing_is_named(problems: Problems, environment: dict[str, str], sentence: str) -> None:
    (line,) = problems(**{f"KAFKA_AUTH__{name}": value for name, value in environment.items()})
    assert sentence in line
    assert SECRET not in line


@pytest.mark.parametrize(
    "other", [{"KAFKA": json.dumps({"sasl.mechanism": "PLAIN"})}, {"KAFKA_SASL_PASSWORD": SECRET}]
)
def test_there_is_one_way_to_log_in(problems: Problems, other: dict[str, str]) -> None:
    (line,) = problems(BOOTSTRAP_SERVERS=MSK, KAFKA_AUTH__METHOD="msk", **other)
    assert "sets how to log in" in line
    assert SECRET not in line
