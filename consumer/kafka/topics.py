"""The five topics, and how each must be made."""

from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import NewTopic

from consumer.errors import BrokerError
from consumer.kafka.clients import describe, make_admin, topics_of
from consumer.settings import Settings

TIMEOUT_S = 15.0


def all_topics(settings: Settings) -> tuple[str, ...]:
    """Return the names of all topics that logsluice reads or writes."""
    return (
        *settings.input_topic,
        settings.output_topic,
        settings.pending_topic,
        settings.verdicts_topic,
        settings.dead_letter_topic,
    )


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
            say(f"{topic}: exists")
            continue
        config = {"max.message.bytes": str(max_message_bytes)}
        if topic == settings.verdicts_topic:
            config["cleanup.policy"] = "compact"
        wanted.append(NewTopic(topic, partitions, replication or -1, config=config))
    if not wanted:
        return
    refused = []
    for topic, future in admin.create_topics(wanted, operation_timeout=TIMEOUT_S).items():
        try:
            future.result(TIMEOUT_S * 2)
        except KafkaException as exception:
            error: KafkaError = exception.args[0]
            if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
                say(f"{topic}: exists")
            else:
                refused.append(f"{topic} cannot be created: {describe(error)}")
        else:
            say(f"{topic}: created, {partitions} partitions")
    if refused:
        raise BrokerError("\n".join(refused))
