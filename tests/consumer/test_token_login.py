"""Logging in with tokens on a real broker: they are renewed before they end, and who gives them may be away."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.quick_kafka import quick_kafka
from tests.support.raw_records import Raw
from tests.support.real_kafka import require_kafka
from tests.support.token_server import SECRET, TokenServer, giving_tokens
from tests.support.world import World
from training.sample import sample_events

pytestmark = pytest.mark.kafka

LIFE_S = 4.0
SIGNER = """
import base64, json, urllib.request

def generate_auth_token(region):
    assert region == "eu-north-1"
    login = base64.b64encode(b"sluice:{secret}").decode()
    request = urllib.request.Request("{url}", b"", {{"authorization": "Basic " + login}})
    with urllib.request.urlopen(request, timeout=5) as response:
        token = json.load(response)["access_token"]
    part = token.split(".")[1]
    return token, json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"] * 1000
"""
"""Stands in for the package that signs tokens for AWS, which a Kafka that is not AWS's cannot read."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A broker that takes tokens nobody signed, and ends a connection when its token does."""
    require_kafka()
    login = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
    kafka = quick_kafka(
        tmp_path_factory.mktemp("token-broker"),
        {
            "listener.name.tokens.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.tokens.oauthbearer.sasl.jaas.config": (
                f'{login} unsecuredLoginStringClaim_sub="broker";'
            ),
            "listener.name.tokens.oauthbearer.connections.max.reauth.ms": "3600000",
        },
        listeners={"TOKENS": "SASL_PLAINTEXT"},
    ).start()
    yield kafka
    kafka.stop()


@pytest.fixture
def provider() -> Iterator[TokenServer]:
    with giving_tokens(LIFE_S) as provider:
        yield provider


def environment(broker: KafkaServer, provider: TokenServer, **changed: str) -> dict[str, str]:
    """Return what a user sets to log in with tokens of any provider."""
    login = {"METHOD": "oidc", "TOKEN_URL": provider.url, "CLIENT_ID": "sluice", "CLIENT_SECRET": SECRET}
    return {
        "LOGSLUICE_BOOTSTRAP_SERVERS": broker.address("TOKENS"),
        "LOGSLUICE_KAFKA": json.dumps({"security.protocol": "SASL_PLAINTEXT"}),
        **{f"LOGSLUICE_KAFKA_AUTH__{name}": value for name, value in (login | changed).items()},
    }


def signed_by_aws(broker: KafkaServer, provider: TokenServer, directory: Path) -> dict[str, str]:
    """Return what a user of MSK sets, with a stand-in for AWS's signer that asks our provider."""
    package = directory / "aws_msk_iam_sasl_signer"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "MSKAuthTokenProvider.py").write_text(SIGNER.format(url=provider.url, secret=SECRET))
    login = {"METHOD": "msk", "REGION": "eu-north-1"}
    return {
        **environment(broker, provider, TOKEN_URL="", CLIENT_ID="", CLIENT_SECRET="", **login),
        "PYTHONPATH": os.pathsep.join([str(directory), os.environ.get("PYTHONPATH", "")]),
    }


def events(count: int) -> Iterator[Raw]:
    return map(Raw, islice(sample_events(), count))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("delivery", ["at-least-once", pytest.param("exactly-once", marks=pytest.mark.long)])
@pytest.mark.parametrize("method", ["oidc", pytest.param("msk", marks=pytest.mark.long)])
def test_a_service_outlives_its_tokens_and_waits_for_new_ones(
    broker: KafkaServer, provider: TokenServer, small: Path, tmp_path: Path, method: str, delivery: str
) -> None:
    login: Mapping[str, str] = environment(broker, provider)
    if method == "msk":
        login = signed_by_aws(broker, provider, tmp_path)
    world = World(broker, tmp_path, f"tokens-{method}-{delivery}", login, bundle=small)
    with world.start(DELIVERY=delivery) as service:
        service.wait_until_ready()
        world.publish(events(50))
        world.wait_until_worked_through()

        given, ends_at = provider.given, time.monotonic() + 1.5 * LIFE_S
        wait_until(
            lambda: provider.given > given + 3 and time.monotonic() > ends_at, "tokens are renewed", 60
        )
        world.publish(events(50))
        world.wait_until_worked_through()

        provider.is_away = True
        wait_until(
            lambda: "cannot log in" in str(service.readiness()), "a service without a token says so", 60
        )
        assert service.readiness()[0] == 503
        world.publish(events(50))
        provider.is_away = False
        world.wait_until_worked_through()
        wait_until(lambda: service.readiness()[0] == 200, "it is ready again", 60)
        assert service.total("logsluice_events_labelled_total") == 150
        assert service.stop() == 0
        assert SECRET not in service.output


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({}, "missing", id="right"),  # we are let in, and there are no topics
        pytest.param({"CLIENT_SECRET": "no"}, "invalid_client", id="wrong-secret"),
        pytest.param({"TOKEN_URL": "http://127.0.0.1:1/"}, "no token to log in with", id="away"),
    ],
)
def test_a_check_says_who_gives_no_token(
    broker: KafkaServer,
    provider: TokenServer,
    logsluice: Command,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str],
    said: str,
) -> None:
    for name, value in environment(broker, provider, **changed).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("logsluice.cli.check.TIMEOUT_S", 3.0)
    result = logsluice("check")
    assert (result.exit_code, said in result.stdout) == (4, True), result.stdout
    assert SECRET not in result.output
