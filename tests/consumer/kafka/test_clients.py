"""Properties that librdkafka does not take: a sentence with exit code 3, with no broker at hand."""

from typing import Any

import pytest

from consumer.errors import EXIT_SETTINGS, SettingsError
from consumer.kafka.clients import check_properties
from consumer.settings import Settings
from tests.support.kafka_server import free_port


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        (
            {"securty.protocol": "SSL"},
            "securty.protocol is not a property of librdkafka; did you mean security.protocol?",
        ),
        ({"fetch.wait": 1}, "fetch.wait is not a property of librdkafka; did you mean fetch.wait.max.ms?"),
        ({"batch.sizes": 1}, "batch.sizes is not a property of librdkafka; did you mean batch.size?"),
        (
            {"colour": "red"},
            "colour is not a property of librdkafka: librdkafka's CONFIGURATION.md lists them.",
        ),
        ({"security.protocol": "TLS"}, 'Invalid value "TLS" for configuration property "security.protocol"'),
        ({"session.timeout.ms": "long"}, '"session.timeout.ms"'),
        ({"linger.ms": -5}, "is outside allowed range"),
        ({"session.timeout.ms": 400_000}, "`max.poll.interval.ms`must be >= `session.timeout.ms`"),
        ({"security.protocol": "ssl", "ssl.ca.location": "/nowhere.pem"}, "ssl.ca.location failed"),
        ({"sasl.jaas.config": "password=hunter2"}, "Java JAAS configuration is not supported"),
    ],
)
def test_a_property_that_librdkafka_refuses_is_named(properties: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_properties(Settings(kafka=properties, bootstrap_servers=f"127.0.0.1:{free_port()}"))
    assert caught.value.exit_code == EXIT_SETTINGS
    assert str(caught.value).startswith("LOGSLUICE_KAFKA")
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_properties_of_every_kind_of_client_are_taken_together() -> None:
    kafka = {
        "fetch.min.bytes": 1,
        "batch.size": 1000,
        "session.timeout.ms": 20_000,
        "socket.timeout.ms": 6000,
    }
    check_properties(Settings(kafka=kafka, bootstrap_servers=f"127.0.0.1:{free_port()}"))
