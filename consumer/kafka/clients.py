"""Kafka clients: the properties that carry the delivery guarantees, and how to reach and question a broker."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from consumer.errors import BrokerError, RefusedError
from consumer.log import get_logger
from consumer.settings import Settings

Client = TypeVar("Client", Consumer, Producer, AdminClient)

MAX_RECORD_BYTES = 64 << 20
"""What the clients accept; how large a record may really be is for the broker to say."""

BATCH_BYTES = 1 << 20
"""What a producer sends at once, to a partition."""

# Errors that waiting does not mend, with what a person can do about each.
FATAL: dict[int, str] = {
    KafkaError._AUTHENTICATION: "authentication failed: check the user and the password in LOGSLUICE_KAFKA",
    KafkaError.SASL_AUTHENTICATION_FAILED: "authentication failed: check the user and the password in LOGSLUICE_KAFKA",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "access to a topic is denied: grant READ on the input, WRITE on the others",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "access to the consumer group is denied: grant READ on it",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "the transactional id is denied: grant WRITE on it",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "access to the cluster is denied: grant IDEMPOTENT_WRITE on it",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "a topic does not exist: run `logsluice topics create`",
    KafkaError._UNKNOWN_TOPIC: "a topic does not exist: run `logsluice topics create`",
}


def make_consumer(
    settings: Settings,
    group: str,
    on_error: Callable[[KafkaError], None],
    client_id: str = "logsluice",
) -> Consumer:
    """Return a consumer of a group that is not subscribed yet. It commits only when told."""
    properties = settings.kafka_properties()
    membership: dict[str, Any] = {
        "partition.assignment.strategy": "cooperative-sticky",
        # A dead member frees its partitions after this long; heartbeats come from a thread of the client's,
        # so a long batch does not miss them.
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 2_000,
    }
    if properties.get("group.protocol") == "consumer":
        membership = {}  # by KIP-848 these are the broker's to say
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
        },
    )


def make_reader(settings: Settings) -> Consumer:
    """Return a consumer that reads partitions it is told to, in no group, and commits nothing."""
    return _make(
        Consumer,
        {
            "auto.offset.reset": "earliest",
            "topic.metadata.refresh.interval.ms": 30_000,
            "fetch.wait.max.ms": 100,
            **settings.kafka_properties(),
            "group.id": f"{settings.group_id}-reader",  # the client wants a name; the broker never hears it
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "error_cb": lambda error: None,
            "logger": _ClientLog(),
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
        },
    )


def make_admin(settings: Settings, on_error: Callable[[KafkaError], None] | None = None) -> AdminClient:
    """Return a client for questions to the cluster. It tells ``on_error`` only when it is polled."""
    properties = _producer_only(settings.kafka_properties())
    return _make(
        AdminClient, {**properties, "error_cb": on_error or (lambda error: None), "logger": _ClientLog()}
    )


def topics_of(settings: Settings, timeout_s: float) -> dict[str, int]:
    """Return the cluster's topics, and how many partitions each has.

    Raises:
        RefusedError: the broker refuses us, and waiting does not mend it.
        BrokerError: the broker cannot be reached in time.
    """
    # The call itself ends with "timed out" at most; why, the client tells when it is polled.
    told: list[KafkaError] = []
    admin = make_admin(settings, told.append)
    deadline = time.monotonic() + timeout_s
    while True:
        left = deadline - time.monotonic()
        try:
            topics = admin.list_topics(timeout=max(0.1, min(1.0, left))).topics
        except KafkaException as error:
            admin.poll(0)
            told.append(error.args[0])
        else:
            return {name: len(topic.partitions) for name, topic in topics.items()}
        refusal = next((error for error in told if error.code() in FATAL), None)
        if refusal is not None:
            raise RefusedError(f"the broker refuses us: {describe(refusal)}")
        if left <= 0:
            break
    cause = next((error for error in told if error.code() == KafkaError._SSL), told[-1])
    raise BrokerError(f"the broker does not answer: {describe(cause)}")


def clients_of(admin: AdminClient, group: str) -> set[str]:
    """Return the client ids of the members of a consumer group.

    Raises:
        KafkaException: the broker cannot say at the moment.
    """
    description = admin.describe_consumer_groups([group], request_timeout=5)[group].result(10)
    return {member.client_id for member in description.members}


def describe(error: KafkaError) -> str:
    """Return what an error means and what can be done, without a trace of any record."""
    return FATAL.get(error.code()) or str(error.str())


def wait_for_topics(
    settings: Settings, wanted: set[str], stopping: Callable[[], bool], waiting: Callable[[str], None]
) -> dict[str, int]:
    """Return the partitions of each topic once the broker answers; ``waiting`` is told why as long as it does not.

    Empty if stopped before.

    Raises:
        BrokerError: the broker answers, and refuses us or lacks topics.
    """
    pause_s = 0.5
    while not stopping():
        try:
            topics = topics_of(settings, timeout_s=5)
        except RefusedError:
            raise
        except BrokerError as error:
            waiting(str(error))
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 5.0)
            continue
        missing = sorted(wanted - topics.keys())
        if missing:
            raise BrokerError(
                f"the broker has no topic {', '.join(missing)}, or hides it from this user: run `logsluice topics "
                "create`, name the topics you have in LOGSLUICE_INPUT_TOPIC, LOGSLUICE_OUTPUT_TOPIC and the like, or "
                "grant access"
            )
        return topics
    return {}


class _ClientLog:
    """Takes librdkafka's own log lines; they name brokers and topics, never records."""

    def log(self, level: int, text: str, *args: Any) -> None:
        get_logger().debug("kafka client", detail=text % args if args else text)


def _make(client: Callable[[dict[str, Any]], Client], properties: dict[str, Any]) -> Client:
    try:
        return client(properties)
    except KafkaException as error:
        raise BrokerError(f"LOGSLUICE_KAFKA is not accepted: {error.args[0].str()}") from error


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
