import json
from typing import Any

import pytest

from consumer.settings.kafka_properties import nearest_property
from tests.consumer.settings.conftest import Problems, Read


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("metadata.broker.list", "x", "metadata.broker.list is set by LOGSLUICE_BOOTSTRAP_SERVERS"),
        ("group.id", "x", "group.id is set by LOGSLUICE_GROUP_ID"),
        ("transactional.id", "x", "transactional.id is set by LOGSLUICE_DELIVERY and LOGSLUICE_INSTANCE"),
        ("acks", "0", "acks may not be changed: a record is published once all replicas have it"),
        ("request.required.acks", 1, "request.required.acks may not be changed"),
        ("enable.auto.commit", True, "enable.auto.commit may not be changed: offsets are committed after"),
        ("auto.commit.enable", "true", "auto.commit.enable may not be changed"),
        ("delivery.timeout.ms", 5000, "delivery.timeout.ms may not be changed"),
        ("isolation.level", "read_uncommitted", "isolation.level may not be changed"),
        ("enable.partition.eof", True, "enable.partition.eof may not be changed"),
        ("plugin.library.paths", "x.so", "plugin.library.paths may not be changed"),
        ("retries", 0, "retries must be 1 or more"),
        ("message.send.max.retries", "0", "message.send.max.retries must be 1 or more"),
        ("max.in.flight", 10, "max.in.flight must be 5 or less"),
        ("max.in.flight.requests.per.connection", "6", "must be 5 or less"),
        ("queuing.strategy", "lifo", "queuing.strategy must be fifo"),
        ("auto.offset.reset", "error", "auto.offset.reset must be earliest or latest"),
        ("auto.offset.reset", "none", "auto.offset.reset must be earliest or latest"),
        ("error_cb", "print", "error_cb is a function in a program"),
        ("stats_cb", 1, "stats_cb is a function"),
        ("oauth_cb", "my.module.token", "oauth_cb is a function"),
        ("on_delivery", "x", "on_delivery is a function"),
        ("logger", "root", "logger is a function"),
        ("key.serializer", "x", "key.serializer is a function"),
        ("ssl.key.password", "\ud800", "ssl.key.password must be text in UTF-8, without a NUL"),
        ("\ud800", "x", r"\ud800 must be text in UTF-8, without a NUL"),
        ("client.rack", "a\0b", "client.rack must be text in UTF-8, without a NUL"),
        ("sasl.password", None, "sasl.password must be a string, a number, true or false"),
        ("default.topic.config", {}, "default.topic.config may not be changed: its properties go directly"),
        ("sasl.mechanism", "OAUTHBEARER", "OAUTHBEARER needs to know where tokens come from"),
    ],
)
def test_a_property_that_breaks_a_promise_is_refused(
    problems: Problems, name: str, value: Any, sentence: str
) -> None:
    (line,) = problems(KAFKA=json.dumps({name: value}))
    assert line.startswith("LOGSLUICE_KAFKA: ")
    assert sentence in line


def test_every_wrong_property_is_named(problems: Problems) -> None:
    (line,) = problems(KAFKA='{"acks": 0, "retries": 0, "linger.ms": 5}')
    assert "acks may not" in line
    assert "retries must" in line
    assert "linger" not in line


def test_oidc_needs_the_address_of_its_tokens(problems: Problems) -> None:
    (line,) = problems(KAFKA='{"sasl.mechanisms": "oauthbearer", "sasl.oauthbearer.method": "oidc"}')
    assert "needs sasl.oauthbearer.token.endpoint.url" in line


@pytest.mark.parametrize(
    "properties",
    [
        {"retries": 1, "max.in.flight": 5, "queuing.strategy": "fifo", "auto.offset.reset": "latest"},
        {"group.instance.id": "a", "group.protocol": "consumer", "session.timeout.ms": "60000"},
        {"sasl.mechanism": "OAUTHBEARER", "enable.sasl.oauthbearer.unsecure.jwt": True},
        {"sasl.mechanism": "SCRAM-SHA-512", "security.protocol": "SASL_SSL", "transaction.timeout.ms": 60000},
    ],
)
def test_other_properties_are_taken(read: Read, properties: dict[str, Any]) -> None:
    assert read(KAFKA=json.dumps(properties)).kafka == properties


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("securty.protocol", "security.protocol"),
        ("session.timeout", "session.timeout.ms"),
        ("SSL_CA_LOCATION", "ssl.ca.location"),
        ("colour", None),
    ],
)
def test_the_nearest_property_is_found(name: str, near: str | None) -> None:
    assert nearest_property(name) == near
