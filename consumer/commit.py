"""Commit what has been consumed, knowing which failures matter."""

from confluent_kafka import Consumer, KafkaError, KafkaException

from consumer.clients import FATAL, describe
from consumer.errors import BrokerError
from consumer.log import get_logger


def commit(consumer: Consumer) -> None:
    """Commit the positions of the consumer, and wait for the broker's word.

    A commit that fails because the group moved on, or for lack of a broker, is no loss: the next commit
    covers it, or whoever gets the partitions consumes those events again, with the same event ids.

    Raises:
        BrokerError: the broker will never accept it.
    """
    try:
        errors = [partition.error for partition in consumer.commit(asynchronous=False) if partition.error]
    except KafkaException as exception:
        errors = [exception.args[0]]
    for error in errors:
        if error.code() == KafkaError._NO_OFFSET:
            continue
        if error.code() in FATAL:
            raise BrokerError(f"offsets cannot be committed: {describe(error)}")
        get_logger().warning(
            "offsets not committed; the events may be consumed again", error=error.name(), detail=error.str()
        )
