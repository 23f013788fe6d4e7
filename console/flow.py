"""How far the service is behind: its consumer groups against the ends of what they read."""

import threading
from collections.abc import Callable
from contextlib import closing, suppress

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumer.errors import ConsumerError
from consumer.kafka.clients import make_consumer
from consumer.settings import Settings

EVERY_S = 5.0
_TIMEOUT_S = 3.0


class Flow(msgspec.Struct, frozen=True):
    """Records that are not consumed yet: raw ones, and those that wait for the LLM. None where a topic is not there."""

    lag: int | None
    pending: int | None


def read_flow(settings: Settings) -> Flow:
    """Ask the broker how far the lanes are behind. Joins no group, and commits nothing.

    Raises:
        KafkaException: it does not answer.
        ConsumerError: the settings of the client are wrong.
    """
    group = settings.group_id
    return Flow(
        _behind(settings, group, settings.input_topic),
        _behind(settings, f"{group}-slow", (settings.pending_topic,)),
    )


def _behind(settings: Settings, group: str, topics: tuple[str, ...]) -> int | None:
    with closing(make_consumer(settings, group, lambda error: None, "logsluice-console")) as consumer:
        partitions = [each for topic in topics for each in _partitions(consumer, topic)]
        if not partitions:
            return None
        behind = 0
        for place in consumer.committed(partitions, timeout=_TIMEOUT_S):
            low, high = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
            behind += max(high - (place.offset if place.offset >= 0 else low), 0)
        return behind


def _partitions(consumer: Consumer, topic: str) -> list[TopicPartition]:
    numbers = consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions
    return [TopicPartition(topic, number) for number in numbers]


class FlowWatch:
    """The latest `Flow`, asked for again in a thread when somebody wants it and it is some seconds old.

    ``clock`` gives seconds. Safe to use from several threads.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._asking = False
        self._latest: Flow | None = None

    def latest(self) -> Flow | None:
        """Return what is known now, at once; None as long as nothing is, or the broker does not answer."""
        with self._lock:
            old = self._asked_at is None or self._clock() - self._asked_at >= EVERY_S
            if old and not self._asking:
                self._asking = True
                threading.Thread(target=self._ask, name="flow", daemon=True).start()
            return self._latest

    def _ask(self) -> None:
        flow = None
        with suppress(KafkaException, ConsumerError):  # that the broker is away, the store says
            flow = read_flow(self._settings)
        with self._lock:
            self._latest, self._asked_at, self._asking = flow, self._clock(), False
