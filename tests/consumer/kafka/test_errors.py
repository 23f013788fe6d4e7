import pytest
from confluent_kafka import KafkaError

from consumer.kafka.errors import FATAL, describe, reason

NO_FAULT_OF_A_PERSON = {
    # A member that has missed a rebalance joins again by itself.
    "FENCED_LEADER_EPOCH",
    "FENCED_MEMBER_EPOCH",
    "FENCED_STATE_EPOCH",
    # For the publishers to say: a batch begins again, or the process ends with their own sentence.
    "PRODUCER_FENCED",
    "TRANSACTION_COORDINATOR_FENCED",
    # Of Kafka Streams, which is not used.
    "STREAMS_TOPOLOGY_FENCED",
    # Of calls that logsluice does not make.
    "DELEGATION_TOKEN_AUTH_DISABLED",
    # Of features of messages, each answered where the record is published.
    "UNSUPPORTED_COMPRESSION_TYPE",
    "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "UNSUPPORTED_ENDPOINT_TYPE",
    "INVALID_SHARE_SESSION_EPOCH",
    "INVALID_FETCH_SESSION_EPOCH",
}
LASTING = (
    "AUTHORIZATION_FAILED",
    "AUTHENTICATION",
    "FENCED",
    "UNSUPPORTED_",
    "SASL_",
    "INVALID_GROUP",
    "INVALID_SESSION",
)


def codes() -> list[str]:
    """Return the names of the client's error codes that sound as if waiting would not help."""
    return [
        name
        for name in dir(KafkaError)
        if name.isupper() and any(part in name for part in LASTING) and name not in NO_FAULT_OF_A_PERSON
    ]


@pytest.mark.parametrize("name", codes())
def test_an_error_that_waiting_does_not_help_against_says_what_to_do(name: str) -> None:
    advice = FATAL[getattr(KafkaError, name)]
    assert ":" in advice, "what is wrong, a colon, what to do"
    assert not advice.endswith(".")


@pytest.mark.parametrize(
    "name", ["INCONSISTENT_GROUP_PROTOCOL", "GROUP_MAX_SIZE_REACHED", "INVALID_TRANSACTION_TIMEOUT", "_FATAL"]
)
def test_a_group_that_does_not_take_us_is_fatal(name: str) -> None:
    assert getattr(KafkaError, name) in FATAL


@pytest.mark.parametrize(
    "name", ["_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "NOT_LEADER_FOR_PARTITION", "_RESOLVE"]
)
def test_an_error_that_passes_is_not_fatal(name: str) -> None:
    assert getattr(KafkaError, name) not in FATAL


def test_the_reason_of_the_client_is_part_of_the_sentence() -> None:
    error = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "logs.raw: Broker: Topic authorization failed")
    assert describe(error) == (
        "access to a topic is denied: grant READ on the input, WRITE on the others "
        "(logs.raw: Broker: Topic authorization failed)"
    )


def test_the_milliseconds_of_an_attempt_are_left_out() -> None:
    said = "a:1/bootstrap: Connect to ipv4#1.2.3.4:1 failed: refused"
    for timing in (
        "(after 3ms in state CONNECT)",
        "(after 0ms in state UP, 2 identical error(s) suppressed)",
    ):
        assert reason(KafkaError(KafkaError._TRANSPORT, f"{said} {timing}")) == said
