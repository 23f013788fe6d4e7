"""Reads partitions from where the store has stopped, in no group; hears of more of them, and of topics made again."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

import msgspec
from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)

from console.store.places import Held, Place, Start, start_of
from consumer.errors import BrokerError, RefusedError
from consumer.kafka.clients import make_admin, make_reader
from consumer.kafka.errors import FATAL, describe
from consumer.settings import Settings

AT_ONCE = 20_000
LOOK_EVERY_S, LOOK_AGAIN_S = 5.0, 0.5
TIMEOUT_S, IDS_TIMEOUT_S = 4.0, 3.0
"""How long the broker may take for an answer. Who stops meanwhile waits for it."""
_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_ID)
Partition = tuple[str, int]


class Topic(msgspec.Struct, frozen=True):
    """A topic of the broker; ``id`` changes when it is made again, and is empty where the broker does not tell it."""

    id: str
    partitions: tuple[int, ...]


class Reading:
    """The partitions that are read, and how far. To be closed.

    ``whole`` are the topics that are read from their beginning each time. ``on_start`` is called with where the
    reading of a partition begins, before anything of it is read.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        whole: frozenset[str],
        stopped: Sequence[Place],
        on_start: Callable[[Start], None],
    ) -> None:
        self._topics = tuple(topics)
        self._whole = whole
        self._stopped = {(each.topic, each.partition): each for each in stopped}
        self._on_start = on_start
        self._admin = make_admin(settings)
        # An offset that the broker has not got is for us to judge, not for the client.
        more = {"auto.offset.reset": "error", "enable.partition.eof": True}
        self._consumer: Consumer = make_reader(settings, more)
        self._places: dict[Partition, Place] = {}
        self._at_end: set[Partition] = set()
        self._lost: set[Partition] = set()
        self._looked_at = -LOOK_EVERY_S
        self._has_ids = True
        self.missing: tuple[str, ...] = ()
        """The topics that the broker has not got."""

    def look(self) -> None:
        """Begin to read what is not read yet, if the last look was some seconds ago: new partitions, topics made again.

        Raises:
            BrokerError: the broker does not answer, or refuses us.
        """
        if monotonic() - self._looked_at < (LOOK_AGAIN_S if self._lost else LOOK_EVERY_S):
            return
        self._looked_at = monotonic()
        try:
            topics = self._held_topics()
            for name, topic in topics.items():
                self._drop_others(name, topic.partitions)
                for number in topic.partitions:
                    known = self._places.get((name, number))
                    is_other = topic.id and known is not None and known.topic_id != topic.id
                    if known is None or is_other or (name, number) in self._lost:
                        self._begin(name, number, topic.id)
        except KafkaException as error:
            raise BrokerError(f"the broker does not answer: {describe(error.args[0])}") from error
        self.missing = tuple(name for name in self._topics if name not in topics)

    def take(self, timeout_s: float) -> dict[str, list[Message]]:
        """Return the records that have arrived, by topic, after ``timeout_s`` seconds at most.

        Raises:
            RefusedError: the broker does not let us read.
        """
        taken: defaultdict[str, list[Message]] = defaultdict(list)
        ends: dict[Partition, int] = {}
        for message in self._consumer.consume(AT_ONCE, timeout_s):
            error = message.error()
            at = (message.topic() or "", message.partition() or 0)
            if error is None:
                taken[at[0]].append(message)
                ends[at] = (message.offset() or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(at)
                ends[at] = message.offset() or 0
            elif error.code() == KafkaError._AUTO_OFFSET_RESET or error.code() in _GONE:
                self._lost.add(at)
            elif error.code() in FATAL:
                raise RefusedError(f"{at[0]} cannot be read: {describe(error)}")
        for at, end in ends.items():
            if at in self._places:
                self._places[at] = msgspec.structs.replace(self._places[at], next=end)
        return taken

    def places(self) -> list[Place]:
        """Return where to read on behind all that was taken, for what is not read from its beginning each time."""
        return [place for (topic, _), place in self._places.items() if topic not in self._whole]

    def has_reached_end(self, topic: str) -> bool:
        """Return whether every partition of a topic has been read to where it ended at some time."""
        return all(at in self._at_end for at in self._places if at[0] == topic)

    def behind(self) -> Mapping[str, int]:
        """Return how many offsets lie between what was taken and the end, by topic, as the client knows it."""
        behind = dict.fromkeys(self._topics, 0)
        for (name, number), place in self._places.items():
            try:
                _, high = self._consumer.get_watermark_offsets(TopicPartition(name, number), cached=True)
            except KafkaException:
                continue
            if high != OFFSET_INVALID:
                behind[name] += max(high - place.next, 0)
        return behind

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _held_topics(self) -> dict[str, Topic]:
        """Return those of the topics that the broker has."""
        cluster = self._consumer.list_topics(timeout=TIMEOUT_S)
        names = [name for name in self._topics if name in cluster.topics]
        ids = self._ids(names) if names and self._has_ids else dict.fromkeys(names, "")
        return {name: Topic(id, tuple(cluster.topics[name].partitions)) for name, id in ids.items()}

    def _ids(self, names: list[str]) -> dict[str, str]:
        """Return the ids of topics, one that is gone meanwhile left out; empty where the broker does not tell them."""
        ids = {}
        asked = self._admin.describe_topics(TopicCollection(names), request_timeout=IDS_TIMEOUT_S)
        for name, future in asked.items():
            try:
                ids[name] = str(future.result(TIMEOUT_S).topic_id)
            except KafkaException as error:
                if error.args[0].code() in _GONE:
                    continue
                self._has_ids = False  # it is asked no more: the embedded broker lets us wait for nothing
                return dict.fromkeys(names, "")
        return ids

    def _drop_others(self, topic: str, numbers: Sequence[int]) -> None:
        """Forget the partitions that a topic has not got any more: it was made again, with fewer."""
        for at in [at for at in self._places if at[0] == topic and at[1] not in numbers]:
            self._consumer.incremental_unassign([TopicPartition(*at)])
            del self._places[at]
            self._lost.discard(at)

    def _begin(self, topic: str, number: int, topic_id: str) -> None:
        """Read a partition from where the store has stopped, or from where else it must be read now."""
        at = (topic, number)
        low, high = self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT_S)
        stopped = self._places.get(at) or (None if topic in self._whole else self._stopped.get(at))
        start = start_of(Held(topic, number, topic_id, low, high), stopped)
        self._on_start(start)
        if at in self._places:
            self._consumer.incremental_unassign([TopicPartition(topic, number)])
        self._consumer.incremental_assign([TopicPartition(topic, number, start.place.next)])
        self._places[at] = start.place
        self._at_end.discard(at)
        self._lost.discard(at)
