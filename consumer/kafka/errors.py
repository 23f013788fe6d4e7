"""Errors of the Kafka client: which of them no waiting will end, and what a person can do about each."""

import re

from confluent_kafka import KafkaError

_NO_LOGIN = "authentication failed: check the user and the password in LOGSLUICE_KAFKA"
_NONE_CAME = "Failed to acquire SASL OAUTHBEARER token: "
_LOGIN = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED)
# What a provider answers where asking again does not help, as OAuth 2.0 names it (RFC 6749, 5.2).
_NEVER = re.compile(r"invalid_(client|scope|grant|request)|unauthorized_client|unsupported_grant_type")
_NO_TOPIC = "a topic does not exist: run `logsluice topics create`"
_SAME_INSTANCE = "another process has the same group.instance.id: give each replica one of its own"

FATAL: dict[int, str] = {
    KafkaError._FATAL: "the Kafka client cannot go on: start logsluice again",
    KafkaError._AUTHENTICATION: _NO_LOGIN,
    KafkaError.SASL_AUTHENTICATION_FAILED: _NO_LOGIN,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "the broker does not offer sasl.mechanism: set another in LOGSLUICE_KAFKA",
    KafkaError.ILLEGAL_SASL_STATE: "the broker's listener uses no SASL: correct security.protocol in LOGSLUICE_KAFKA",
    KafkaError.SECURITY_DISABLED: "the broker has no security set up: correct security.protocol in LOGSLUICE_KAFKA",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "access to a topic is denied: grant READ on the input, WRITE on the others",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "access to the consumer group is denied: grant READ on it",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "the transactional id is denied: grant WRITE on it",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "access to the cluster is denied: grant IDEMPOTENT_WRITE on it",
    KafkaError.DELEGATION_TOKEN_AUTHORIZATION_FAILED: "the delegation token is denied: use another in LOGSLUICE_KAFKA",
    KafkaError.DELEGATION_TOKEN_EXPIRED: "the delegation token has expired: use another in LOGSLUICE_KAFKA",
    KafkaError.UNKNOWN_TOPIC_OR_PART: _NO_TOPIC,
    KafkaError._UNKNOWN_TOPIC: _NO_TOPIC,
    KafkaError.TOPIC_EXCEPTION: "the broker does not take the name of a topic: correct it in LOGSLUICE_*_TOPIC",
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: (
        "the consumer group has members that assign partitions in another way: stop them, or set another "
        "LOGSLUICE_GROUP_ID"
    ),
    KafkaError.UNSUPPORTED_ASSIGNOR: "the broker has no such group.remote.assignor: correct it in LOGSLUICE_KAFKA",
    KafkaError.INVALID_GROUP_ID: "the broker does not take the name of the group: correct LOGSLUICE_GROUP_ID",
    KafkaError.INVALID_SESSION_TIMEOUT: (
        "the broker does not allow this session.timeout.ms: set one in LOGSLUICE_KAFKA between its "
        "group.min.session.timeout.ms and group.max.session.timeout.ms"
    ),
    KafkaError.GROUP_MAX_SIZE_REACHED: "the consumer group is full: raise its group.max.size, or stop a replica",
    KafkaError.FENCED_INSTANCE_ID: _SAME_INSTANCE,
    KafkaError.UNRELEASED_INSTANCE_ID: _SAME_INSTANCE,
    KafkaError._FENCED: "another process has the same name: give each replica its own LOGSLUICE_INSTANCE",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: (
        "the broker does not allow this transaction.timeout.ms: lower it in LOGSLUICE_KAFKA, or raise the broker's "
        "transaction.max.timeout.ms"
    ),
    KafkaError.UNSUPPORTED_VERSION: "the broker is too old for what it is asked: update it, or drop group.protocol",
    KafkaError._UNSUPPORTED_FEATURE: "the broker is too old for what it is asked: update it, or drop group.protocol",
    KafkaError._AUTO_OFFSET_RESET: "a partition has no offset to begin at: drop auto.offset.reset from LOGSLUICE_KAFKA",
}
"""Errors that waiting does not help against, by code, and what can be done about each."""

_TIMING = re.compile(r" \(after \d+ms in state \w+(, \d+ identical error\(s\) suppressed)?\)")


def reason(error: KafkaError) -> str:
    """Return what librdkafka says of an error, mostly with the broker's address; never with any part of a record."""
    return _TIMING.sub("", str(error.str())).strip()


def is_about_login(error: KafkaError) -> bool:
    """Return whether an error says that we are not let in. With tokens it may pass: the next one is fetched soon."""
    return error.code() in _LOGIN


def lacks_token(error: KafkaError) -> bool:
    """Return whether the client has got no token from whoever gives them."""
    return reason(error).startswith(_NONE_CAME)


def is_refusal(error: KafkaError) -> bool:
    """Return whether no waiting helps against an error. A provider of tokens that is away may come back."""
    if lacks_token(error):
        return _NEVER.search(reason(error)) is not None
    return error.code() in FATAL


def describe(error: KafkaError) -> str:
    """Return what an error means and what can be done about it, with librdkafka's reason."""
    said = reason(error)
    if lacks_token(error):
        return f"no token to log in with: {said.removeprefix(_NONE_CAME)}: check LOGSLUICE_KAFKA_AUTH__*"
    advice = FATAL.get(error.code())
    return f"{advice} ({said})" if advice else said
