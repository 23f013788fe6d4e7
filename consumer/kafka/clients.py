"""Kafka clients, and the properties of each that carry the delivery guarantees."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from consumer.errors import SettingsError
from consumer.kafka.tokens import require_signer, token_properties
from consumer.log import escaped, get_logger
from consumer.settings import Settings
from consumer.settings.kafka_auth import KafkaAuthSettings
from consumer.settings.kafka_properties import nearest_property

Client = TypeVar("Client", Consumer, Producer, AdminClient)

MAX_RECORD_BYTES = 64 << 20
"""What the clients accept; how large a record may really be is for the broker to say."""

BATCH_BYTES = 1 << 20
"""What a producer sends at once, to a partition."""

_UNKNOWN = re.compile(r'No such configuration property: "([^"]*)"')


def make_consumer(
    settings: Settings,
    group: str,
    on_error: Callable[[KafkaError], None],
    client_id: str = "logsluice",
) -> Consumer:
    """Return a consumer of a group that is not subscribed yet. It commits nothing by itself."""
    properties = settings.kafka_properties()
    membership: dict[str, Any] = {
        "partition.assignment.strategy": "cooperative-sticky",
        # A dead member frees its partitions after this long; heartbeats come from a thread of the client's,
        # so a long batch does not miss them.
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 2_000,
    }
    if properties.get("group.protocol") == "consumer":
        membership = {}  # with KIP-848 the broker decides these
    return _make(
        Consumer,
        {
            **membership,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 4 << 20,
            "receive.message.max.bytes": MAX_RECORD_BYTES + (1 << 20),
            "fetch.max.bytes": MAX_RECORD_BYTES,
            "queued.max.messages.kbytes": 64 << 10,
            "fetch.wait.max.ms": 50,
            "topic.metadata.refresh.interval.ms": 30_000,
            **properties,
            "client.id": client_id,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "error_cb": on_error,
            "logger": _ClientLog(),
            **token_properties(settings),
        },
    )


def make_reader(settings: Settings, more: Mapping[str, Any] | None = None) -> Consumer:
    """Return a consumer that reads the partitions it is assigned, in no group, and commits nothing.

    ``more`` are further properties of it.
    """
    return _make(
        Consumer,
        {
            "topic.metadata.refresh.interval.ms": 30_000,
            "fetch.wait.max.ms": 100,
            **settings.kafka_properties(),
            "group.id": f"{settings.group_id}-reader",  # the client wants a name; the broker never sees it
            "auto.offset.reset": "earliest",  # whatever the user's lanes do: a topic is read from its start
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "error_cb": lambda error: None,
            "logger": _ClientLog(),
            **token_properties(settings),
            **(more or {}),
        },
    )


def make_producer(
    settings: Settings,
    on_delivery_error: Callable[[KafkaError, Any], None],
    transactional_id: str | None = None,
    most_batch_bytes: int | None = None,
) -> Producer:
    """Return a producer that keeps trying until the broker accepts or refuses a record, or its transaction ends.

    ``most_batch_bytes`` bounds what it sends at once, whatever the user's `batch.size` is.
    """
    properties = settings.kafka_properties()
    less: dict[str, Any] = {}
    if most_batch_bytes is not None:
        less = {"batch.size": min(most_batch_bytes, int(properties.get("batch.size", most_batch_bytes)))}
    lasting: dict[str, Any] = {"message.timeout.ms": 0}
    if transactional_id is not None:
        # What a dead process leaves open holds back readers for so long, where its successor has another id.
        lasting = {
            "transactional.id": transactional_id,
            "transaction.timeout.ms": properties.get("transaction.timeout.ms", 10_000),
        }
    return _make(
        Producer,
        {
            "linger.ms": 5,
            "batch.size": BATCH_BYTES,
            "compression.type": "lz4",
            # Java's partitioner, so that a key goes to the partition where other clients would put it.
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 256 << 10,
            **_producer_only(properties),
            **less,
            "acks": "all",
            "enable.idempotence": True,
            **lasting,
            "message.max.bytes": MAX_RECORD_BYTES,
            "delivery.report.only.error": True,
            "on_delivery": on_delivery_error,
            "error_cb": lambda error: None,  # the consumer of the same process reports the same broker
            "logger": _ClientLog(),
            **token_properties(settings),
        },
    )


def make_admin(settings: Settings, on_error: Callable[[KafkaError], None] | None = None) -> AdminClient:
    """Return a client for questions to the cluster. It calls ``on_error`` only while it is polled."""
    return _make(
        AdminClient,
        {
            **_producer_only(settings.kafka_properties()),
            "error_cb": on_error or (lambda error: None),
            "logger": _ClientLog(),
            **token_properties(settings),
        },
    )


class _ClientLog:
    """Takes librdkafka's own log lines; they name brokers and topics, never records."""

    def log(self, level: int, text: str, *args: Any) -> None:
        get_logger().debug("kafka client", detail=text % args if args else text)


def check_properties(settings: Settings) -> None:
    """Return if librdkafka takes what ``KAFKA`` says for every kind of client. No broker is needed.

    Raises:
        SettingsError: it does not.
    """
    if settings.kafka_auth.method == "msk":
        require_signer()
        settings = settings.model_copy(
            update={"kafka_auth": KafkaAuthSettings()}
        )  # no token is asked for here
    make_admin(settings)
    make_producer(settings, lambda error, message: None)
    make_consumer(settings, settings.group_id, lambda error: None).close()


def _make(client: Callable[[dict[str, Any]], Client], properties: dict[str, Any]) -> Client:
    try:
        return client(properties)
    except KafkaException as error:
        raise SettingsError(escaped(_refusal(error.args[0].str()))) from None
    except (TypeError, ValueError) as error:  # of the Python binding
        raise SettingsError(escaped(_refusal(str(error)))) from None


def _refusal(said: str) -> str:
    """Return the sentence about a property that librdkafka does not take."""
    unknown = _UNKNOWN.search(said)
    if unknown is None:
        return f"LOGSLUICE_KAFKA is not accepted: {said.strip()}."
    near = nearest_property(unknown[1])
    did_you_mean = f"; did you mean {near}?" if near else ": librdkafka's CONFIGURATION.md lists them."
    return f"LOGSLUICE_KAFKA: {unknown[1]} is not a property of librdkafka{did_you_mean}"


def _producer_only(properties: dict[str, Any]) -> dict[str, Any]:
    # librdkafka warns of a consumer's property in a producer; users give both kinds in one object.
    consumer_only = (
        "session.",
        "heartbeat.",
        "max.poll.",
        "auto.offset.",
        "fetch.",
        "queued.",
        "partition.assignment.",
        "group.",
    )
    return {name: value for name, value in properties.items() if not name.startswith(consumer_only)}
