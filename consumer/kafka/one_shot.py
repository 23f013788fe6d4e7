"""Publishes a handful of records and waits for the broker's answer, for commands that then end."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NoReturn

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.errors import BrokerError
from consumer.kafka.clients import make_producer
from consumer.kafka.errors import describe
from consumer.records.outgoing import OutgoingRecord
from consumer.settings import Settings

FLUSH_S = 0.5


class NotPublished(msgspec.Struct, frozen=True):
    """A record that the broker refuses, and why in words."""

    record: OutgoingRecord
    why: str


def publish_all(
    settings: Settings, records: Sequence[OutgoingRecord], deadline_s: float
) -> list[NotPublished]:
    """Publish records and wait until the broker has taken or refused each; return those it refuses.

    Raises:
        BrokerError: the broker has not answered for all of them within ``deadline_s`` seconds. Which it has taken
            is not known then: publishing them again may double some.
    """
    refused: list[NotPublished] = []

    def report_of(record: OutgoingRecord) -> Callable[[KafkaError | None, Message], None]:
        def report(error: KafkaError | None, _: Message) -> None:
            if error is not None and error.code() != KafkaError._PURGE_QUEUE:
                refused.append(NotPublished(record, describe(error)))

        return report

    # One record to a batch: of a batch the broker refuses all, where one is too large.
    producer = make_producer(settings, _ignore, most_batch_bytes=1)
    deadline = monotonic() + deadline_s
    for record in records:
        _produce(producer, record, report_of(record), deadline)
    while producer.flush(FLUSH_S) > 0:
        if monotonic() > deadline:
            _give_up(producer)
    return refused


def _produce(
    producer: Producer, record: OutgoingRecord, report: Callable[..., None], deadline: float
) -> None:
    while True:
        try:
            producer.produce(
                record.topic,
                record.value,
                record.key,
                record.partition,
                headers=[*record.headers],
                timestamp=record.timestamp_ms,
                on_delivery=report,
            )
        except BufferError:
            if monotonic() > deadline:
                _give_up(producer)
            producer.poll(0.1)
        except (
            KafkaException
        ) as error:  # larger than the client itself takes, or a partition that is not there
            report(error.args[0], None)
            return
        else:
            return


def _give_up(producer: Producer) -> NoReturn:
    left = len(producer)
    producer.purge()
    producer.poll(0)
    raise BrokerError(
        f"the broker has not acknowledged {left:,} {'record' if left == 1 else 'records'} in time: see whether it runs "
        "and the topic's partitions have leaders (`logsluice check`), then try again"
    )


def _ignore(error: KafkaError, message: Any) -> None:
    """Each record has a report of its own."""
