"""A broker with TLS, passwords and access lists: what gets in, what is kept out, and that no secret is printed."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from tests.conftest import Command
from tests.support.quick_kafka import quick_kafka
from tests.support.raw_records import Raw, publish
from tests.support.real_kafka import require_kafka
from tests.support.service_process import ServiceProcess, run_command, wait_until_worked_through
from tests.support.world import settings
from training.sample import sample_events

pytestmark = pytest.mark.kafka

NAME = "secured"
USER, STRANGER, PASSWORD = "sluice", "stranger", "hunter2-of-the-test"
STORE_PASSWORD = "changeit"
EVENTS = 200


class SecuredBroker:
    """A broker with a SASL_SSL listener, whose certificate has just been made, and a plain one for the tests."""

    def __init__(self, directory: Path) -> None:
        store = directory / "broker.p12"
        self.authority = directory / "authority.pem"
        self.secrets = directory / "secrets"
        self.secrets.mkdir()
        make_certificate(store, self.authority)
        users = "".join(f' user_{user}="{PASSWORD}"' for user in (USER, STRANGER))
        login = "org.apache.kafka.common.security.plain.PlainLoginModule"
        self.kafka = quick_kafka(
            directory / "kafka",
            {
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": "User:ANONYMOUS",
                "listener.name.secured.sasl.enabled.mechanisms": "PLAIN",
                "listener.name.secured.plain.sasl.jaas.config": f"{login} required{users};",
                "listener.name.secured.ssl.keystore.type": "PKCS12",
                "listener.name.secured.ssl.keystore.location": str(store),
                "listener.name.secured.ssl.keystore.password": STORE_PASSWORD,
                "listener.name.secured.ssl.key.password": STORE_PASSWORD,
            },
            listeners={"SECURED": "SASL_SSL"},
        ).start()

    def environment(self, user: str = USER, **properties: str) -> dict[str, str]:
        """Return what a user sets to reach the broker; the password comes from a secret file."""
        ours = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "ssl.ca.location": str(self.authority),
        }
        return settings(self.kafka, NAME) | {
            "LOGSLUICE_BOOTSTRAP_SERVERS": self.kafka.address("SECURED"),
            "LOGSLUICE_SECRETS_DIR": str(self.secrets),
            "LOGSLUICE_KAFKA": json.dumps(ours | properties),
        }

    def forbid(self, user: str, topic: str) -> None:
        """Take away all that a user may do with a topic."""
        admin = self.kafka.admin()
        rights = AclBindingFilter(
            ResourceType.TOPIC,
            topic,
            ResourcePatternType.LITERAL,
            f"User:{user}",
            None,  # type: ignore[arg-type] # any host
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        for future in admin.delete_acls([rights]).values():
            assert future.result(30)

    def allow(self, user: str, *bindings: tuple[ResourceType, str, AclOperation]) -> None:
        """Let a user do things, each a kind of resource, its name or ``*``, and the operation."""
        allowed = AclPermissionType.ALLOW
        acls = [
            AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, allowed)
            for kind, name, operation in bindings
        ]
        admin = self.kafka.admin()
        for future in admin.create_acls(acls).values():
            future.result(30)

    def keep(self, password: str) -> None:
        """Put a password into the secret file."""
        (self.secrets / "logsluice_kafka_sasl_password").write_text(password)


def make_certificate(store: Path, authority: Path) -> None:
    """Make a certificate that signs itself, for 127.0.0.1: the broker's key store, and what a client has to trust."""
    keytool = shutil.which("keytool")
    assert keytool, "keytool comes with the JDK that runs the broker"
    common: list[str | Path] = [
        "-alias",
        "broker",
        "-keystore",
        store,
        "-storepass",
        STORE_PASSWORD,
        "-storetype",
        "PKCS12",
    ]
    name: list[str | Path] = ["-dname", "CN=broker", "-ext", "san=ip:127.0.0.1", "-validity", "2"]
    for command in (["-genkeypair", "-keyalg", "EC", *name], ["-exportcert", "-rfc", "-file", authority]):
        subprocess.run([keytool, *command, *common], check=True, capture_output=True)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """A secured broker with topics, and a user who may do just what logsluice has to."""
    require_kafka()
    broker = SecuredBroker(tmp_path_factory.mktemp(NAME))
    broker.kafka.create_topics(
        *(f"{NAME}.{topic}" for topic in ("raw", "labelled", "pending", "verdicts", "dead"))
    )
    topic, group, read = ResourceType.TOPIC, ResourceType.GROUP, AclOperation.READ
    broker.allow(
        USER,
        (group, NAME, read),
        (topic, f"{NAME}.raw", read),
        (topic, f"{NAME}.verdicts", read),
        *(
            (topic, f"{NAME}.{each}", AclOperation.WRITE)
            for each in ("labelled", "pending", "verdicts", "dead")
        ),
    )
    yield broker
    broker.kafka.stop()


@pytest.mark.parametrize(
    ("user", "password", "properties", "exit_code", "said"),
    [
        pytest.param(
            USER, PASSWORD, {}, 0, f"all there; the broker does not say whether {NAME}.verdicts", id="right"
        ),
        pytest.param(USER, "no-" + PASSWORD, {}, 4, "check the user and the password", id="wrong-password"),
        pytest.param(USER, PASSWORD, {"ssl.ca.location": ""}, 4, "ssl.ca.location", id="unknown-authority"),
        pytest.param(STRANGER, PASSWORD, {}, 4, "grant this user access", id="no-rights"),
    ],
)
def test_a_check_says_who_is_kept_out_and_why(
    secured: SecuredBroker,
    logsluice: Command,
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    password: str,
    properties: dict[str, str],
    exit_code: int,
    said: str,
) -> None:
    for name, value in secured.environment(user, **properties).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("logsluice.cli.check.TIMEOUT_S", 3.0)
    secured.keep(password)
    result = logsluice("check")
    assert (result.exit_code, said in result.stdout) == (exit_code, True), result.stdout
    assert PASSWORD not in result.output


@pytest.mark.timeout(240)
def test_events_go_through_until_the_right_is_taken_away(
    secured: SecuredBroker, small: Path, tmp_path: Path
) -> None:
    secured.keep(PASSWORD)
    raw = f"{NAME}.raw"
    with ServiceProcess(tmp_path, secured.environment() | {"LOGSLUICE_BUNDLE": str(small)}) as service:
        service.wait_until_ready()
        publish(secured.kafka, raw, map(Raw, islice(sample_events(), EVENTS)))
        wait_until_worked_through(secured.kafka, NAME, raw)
        assert service.total("logsluice_events_labelled_total") == EVENTS

        secured.forbid(USER, raw)
        publish(secured.kafka, raw, [Raw(b"{}")])
        assert service.wait() == 4
        assert "grant READ on the input" in service.output.splitlines()[-1]
        assert PASSWORD not in service.output


def test_a_wrong_password_ends_a_service_at_its_start(secured: SecuredBroker, tmp_path: Path) -> None:
    secured.keep("no-" + PASSWORD)
    ended = run_command(tmp_path, secured.environment() | {"LOGSLUICE_HTTP_PORT": "0"}, "run")
    assert ended.returncode == 4
    assert "check the user and the password" in ended.stderr.splitlines()[-1]
    assert PASSWORD not in ended.stderr
