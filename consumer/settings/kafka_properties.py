"""Which librdkafka properties a user may not give in ``KAFKA``: those that would break a delivery promise."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_OWN_SETTING = {
    "bootstrap.servers": "LOGSLUICE_BOOTSTRAP_SERVERS",
    "metadata.broker.list": "LOGSLUICE_BOOTSTRAP_SERVERS",
    "group.id": "LOGSLUICE_GROUP_ID",
    "transactional.id": "LOGSLUICE_DELIVERY and LOGSLUICE_INSTANCE",
    "client.id": "LOGSLUICE_INSTANCE",
}
"""Properties that settings of ours are for."""

_SET_BY_US = {
    "enable.auto.commit": "offsets are committed after a batch is published, and never before",
    "auto.commit.enable": "offsets are committed after a batch is published, and never before",
    "auto.commit.interval.ms": "offsets are committed after a batch is published, and never before",
    "enable.auto.offset.store": "offsets are committed after a batch is published, and never before",
    "offset.store.method": "offsets are kept by the broker",
    "offset.store.path": "offsets are kept by the broker",
    "enable.idempotence": "a record must not be written twice by a retry",
    "enable.gapless.guarantee": "what the broker refuses goes to the dead letters, and the rest goes on",
    "acks": "a record is published once all replicas have it",
    "request.required.acks": "a record is published once all replicas have it",
    "message.timeout.ms": "a record is sent until the broker accepts or refuses it",
    "delivery.timeout.ms": "a record is sent until the broker accepts or refuses it",
    "message.max.bytes": "how large a record may be is for the topic's max.message.bytes to say",
    "delivery.report.only.error": "the outcome of every record is counted",
    "isolation.level": "records of aborted transactions must not be read",
    "partition.assignment.strategy": "a rebalance must leave the other partitions alone",
    "group.protocol.type": "the lanes are consumers",
    "enable.partition.eof": "the end of a partition is no event",
    "share.acknowledgement.mode": "the lanes are consumers of a group, not of a share group",
    "enabled_events": "it works in C programs alone",
    "opaque": "it works in C programs alone",
    "interceptors": "it works in C programs alone",
    "ssl_engine_callback_data": "it works in C programs alone",
    "msg_order_cmp": "it works in C programs alone",
    "plugin.library.paths": "it would load code into the process",
    "default.topic.config": "its properties go directly into KAFKA",
    "default_topic_conf": "its properties go directly into KAFKA",
    "internal.termination.signal": "the process handles its own signals",
}
"""Properties that logsluice sets itself or that have no use here, and why another value would do harm."""

_CALLABLES = ("logger", "on_delivery", "on_commit", "on_assign", "on_revoke", "on_lost")
_OFFSET_RESETS = ("earliest", "beginning", "smallest", "latest", "end", "largest")
_MAX_IN_FLIGHT = 5
"""With more requests at once to a broker, an idempotent producer could not keep the order of records."""


def problems_of(properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with properties that a user gives; whether librdkafka knows them is not looked at."""
    for name, value in properties.items():
        if name in _OWN_SETTING:
            yield f"{name} is set by {_OWN_SETTING[name]}"
        elif name in _SET_BY_US:
            yield f"{name} may not be changed: {_SET_BY_US[name]}"
        elif name.endswith(("_cb", ".serializer", ".deserializer")) or name in _CALLABLES:
            yield f"{name} is a function in a program, and cannot be given in a setting"
        elif not isinstance(value, str | int | float | bool):
            yield f"{name} must be a string, a number, true or false"
        elif not _is_text(f"{name}{value}"):
            yield f"{name} must be text in UTF-8, without a NUL"
        elif name in ("retries", "message.send.max.retries") and _below(value, 1):
            yield f"{name} must be 1 or more: a record that is not sent again after an error would be lost"
        elif name in ("max.in.flight", "max.in.flight.requests.per.connection") and not _below(
            value, _MAX_IN_FLIGHT + 1
        ):
            yield f"{name} must be {_MAX_IN_FLIGHT} or less: more requests at once could swap records"
        elif name == "queuing.strategy" and value != "fifo":
            yield "queuing.strategy must be fifo: records of a key keep their order"
        elif name == "auto.offset.reset" and value not in _OFFSET_RESETS:
            yield (
                "auto.offset.reset must be earliest or latest: otherwise a partition without a committed offset would "
                "not be read at all"
            )
    yield from _oauthbearer(properties)


def _is_text(value: str) -> bool:
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:  # a lone surrogate, at which the client would fail in ways of its own
        return False


def _below(value: Any, limit: int) -> bool:
    try:
        return int(value) < limit
    except (ValueError, OverflowError):  # librdkafka will refuse it
        return False


def by_token(properties: Mapping[str, Any]) -> bool:
    """Return whether properties say to log in with tokens."""
    mechanism = properties.get("sasl.mechanism", properties.get("sasl.mechanisms", ""))
    return str(mechanism).upper() == "OAUTHBEARER"


def _oauthbearer(properties: Mapping[str, Any]) -> Iterator[str]:
    if not by_token(properties):
        return
    unsecured = str(properties.get("enable.sasl.oauthbearer.unsecure.jwt", "")).lower() in ("true", "1", "t")
    by_metadata = properties.get("sasl.oauthbearer.metadata.authentication.type", "none") != "none"
    if unsecured or by_metadata:
        return
    if str(properties.get("sasl.oauthbearer.method", "")).lower() != "oidc":
        yield (
            "sasl.mechanism OAUTHBEARER needs to know where tokens come from: set LOGSLUICE_KAFKA_AUTH__METHOD to "
            "oidc, msk or azure instead"
        )
    elif not properties.get("sasl.oauthbearer.token.endpoint.url"):
        yield "sasl.oauthbearer.method oidc needs sasl.oauthbearer.token.endpoint.url"


def nearest_property(name: str) -> str | None:
    """Return the property that a name most resembles; librdkafka has no call that lists them."""
    near = difflib.get_close_matches(name.lower().replace("_", "."), _USUAL.split(), n=1)
    return near[0] if near else None


_USUAL = """
api.version.request api.version.request.timeout.ms auto.offset.reset batch.num.messages batch.size
broker.address.family broker.address.ttl broker.version.fallback check.crcs client.dns.lookup client.rack
compression.codec compression.level compression.type connections.max.idle.ms debug
enable.metrics.push enable.sasl.oauthbearer.unsecure.jwt enable.ssl.certificate.verification fetch.error.backoff.ms
fetch.max.bytes fetch.message.max.bytes fetch.min.bytes fetch.queue.backoff.ms fetch.wait.max.ms group.instance.id
group.protocol group.remote.assignor heartbeat.interval.ms linger.ms log.connection.close
max.in.flight.requests.per.connection max.partition.fetch.bytes max.poll.interval.ms metadata.max.age.ms
metadata.recovery.strategy partitioner queue.buffering.max.kbytes queue.buffering.max.messages
queue.buffering.max.ms queued.max.messages.kbytes queued.min.messages receive.message.max.bytes
reconnect.backoff.max.ms reconnect.backoff.ms request.timeout.ms retries retry.backoff.max.ms retry.backoff.ms
sasl.kerberos.keytab sasl.kerberos.kinit.cmd sasl.kerberos.principal sasl.kerberos.service.name sasl.mechanism
sasl.oauthbearer.client.id sasl.oauthbearer.client.secret sasl.oauthbearer.config sasl.oauthbearer.extensions
sasl.oauthbearer.method sasl.oauthbearer.scope sasl.oauthbearer.token.endpoint.url sasl.password sasl.username
security.protocol session.timeout.ms socket.connection.setup.timeout.ms socket.keepalive.enable
socket.nagle.disable socket.receive.buffer.bytes socket.send.buffer.bytes socket.timeout.ms ssl.ca.location
ssl.ca.pem ssl.certificate.location ssl.certificate.pem ssl.cipher.suites ssl.crl.location
ssl.endpoint.identification.algorithm ssl.key.location ssl.key.password ssl.key.pem ssl.keystore.location
ssl.keystore.password statistics.interval.ms sticky.partitioning.linger.ms topic.metadata.refresh.interval.ms
transaction.timeout.ms
"""
