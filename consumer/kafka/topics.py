"""The five topics, and those of routes: how each is created, and whether the verdicts are compacted."""

from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigEntry, ConfigResource, NewTopic, ResourceType

from consumer.errors import BrokerError
from consumer.kafka.clients import make_admin
from consumer.kafka.cluster import topics_of
from consumer.kafka.errors import describe, reason
from consumer.settings import Settings

TIMEOUT_S = 15.0


def all_topics(settings: Settings) -> tuple[str, ...]:
    """Return the names of all topics that logsluice reads or writes."""
    return (
        *settings.input_topic,
        *settings.labelled_topics(),
        settings.pending_topic,
        settings.verdicts_topic,
        settings.dead_letter_topic,
    )


def check_compacted(settings: Settings) -> str | None:
    """Return None if the verdicts topic is compacted, a warning where the broker does not say.

    Raises:
        BrokerError: it is not, so that corrections would vanish after the topic's retention.
    """
    topic = settings.verdicts_topic
    try:
        config = _described(settings, topic)
    except (KafkaException, TimeoutError) as exception:
        error = exception.args[0] if exception.args else None
        why = reason(error) if isinstance(error, KafkaError) else "it does not answer"
        return (
            f"the broker does not say whether {topic} is compacted ({why}): grant DESCRIBE_CONFIGS on it, or make sure "
            "that its cleanup.policy is compact"
        )
    if config is None:
        return None
    policies = {policy.strip() for policy in config.get("cleanup.policy", "").split(",")}
    keeps_all = config.get("retention.ms") == "-1" and config.get("retention.bytes") == "-1"
    if policies == {"compact"} or (policies == {"compact", "delete"} and keeps_all):
        return None
    raise BrokerError(
        f"{topic} has cleanup.policy {config.get('cleanup.policy')}, so that corrections would be lost after its "
        f"retention: set it to compact (kafka-configs.sh --alter --topic {topic} --add-config cleanup.policy=compact)"
    )


def topic_config(settings: Settings, topic: str, timeout_s: float = 3.0) -> dict[str, str] | None:
    """Return the settings of a topic by name; None where the broker does not say."""
    try:
        return _described(settings, topic, timeout_s)
    except (KafkaException, TimeoutError):
        return None


def _described(settings: Settings, topic: str, timeout_s: float = TIMEOUT_S) -> dict[str, str] | None:
    admin = make_admin(settings)
    cluster = admin.list_topics(topic, timeout=timeout_s)
    if cluster.controller_id not in cluster.brokers:
        return None  # the embedded broker, which knows no settings of topics
    [described] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    entries: dict[str, ConfigEntry] = described.result(timeout_s)
    return {name: entry.value or "" for name, entry in entries.items()}


def create_topics(
    settings: Settings,
    partitions: int,
    replication: int | None,
    max_message_bytes: int,
    say: Callable[[str], None],
) -> None:
    """Create the topics that are missing, the verdicts compacted, and say what was done to each.

    Raises:
        BrokerError: the broker cannot be reached, or refuses to create one.
    """
    admin = make_admin(settings)
    existing = topics_of(settings, TIMEOUT_S)
    wanted = []
    for topic in dict.fromkeys(all_topics(settings)):
        if topic in existing:
            say(f"{topic}: exists{_of_existing(settings, topic)}")
            continue
        config = {"max.message.bytes": str(max_message_bytes)}
        if topic == settings.verdicts_topic:
            config["cleanup.policy"] = "compact"
        wanted.append(NewTopic(topic, partitions, replication or -1, config=config))
    _create(admin, wanted, say)


def create_topic(settings: Settings, topic: str, partitions: int, config: Mapping[str, str]) -> None:
    """Create a topic, with the broker's number of replicas; one that is there by now is left as it is.

    Raises:
        BrokerError: the broker refuses.
    """
    _create(make_admin(settings), [NewTopic(topic, partitions, -1, config=dict(config))], lambda what: None)


def _create(admin: AdminClient, wanted: Sequence[NewTopic], say: Callable[[str], None]) -> None:
    if not wanted:
        return
    partitions = {new.topic: new.num_partitions for new in wanted}
    refused = []
    for topic, future in admin.create_topics([*wanted], operation_timeout=TIMEOUT_S).items():
        try:
            future.result(TIMEOUT_S * 2)
        except TimeoutError:
            refused.append(
                f"{topic} cannot be created: the broker does not answer within {TIMEOUT_S * 2:.0f} s"
            )
        except KafkaException as exception:
            error: KafkaError = exception.args[0]
            if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
                say(f"{topic}: exists")
            else:
                refused.append(f"{topic} cannot be created: {describe(error)}")
        else:
            say(f"{topic}: created, {partitions[topic]} partitions")
    if refused:
        raise BrokerError("\n".join(refused))


def _of_existing(settings: Settings, topic: str) -> str:
    """Return what has to be said of a topic that somebody else has made."""
    if topic != settings.verdicts_topic:
        return ""
    try:
        warning = check_compacted(settings)
    except BrokerError as error:
        return f", and is not as it must be: {error}"
    return f"; {warning}" if warning else ""
